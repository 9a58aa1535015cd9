import { evaluateBinding } from '../../ir/evaluate-binding.ts';
import type { ApprovalDecision, ApprovalNode } from '../../ir/nodes/approval-node.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { bindingSource, pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';

/** Waits for a person, for as long as the pipeline allows. */
export async function runApproval(node: ApprovalNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const { request, port } = execution;
  const path = pathIn(scope, node.name);
  const message = node.message && (evaluateBinding(node.message, bindingSource(scope, execution)) ?? null);
  const asked = {
    message: message === null ? null : String(message),
    form: node.form,
    roles: node.roles,
    timeoutMs: node.timeoutMs,
  };
  const detail = { ...asked, deadline: port.now() + node.timeoutMs };
  execution.emit({ path, kind: 'approval', status: 'waiting', detail });
  const task = { project: request.project, runId: request.runId, pipeline: request.pipeline, path };
  const decision = (await port.approval({ task, ...asked })) ?? timedOut(node, path);
  return { settled: succeeded(decision), shown: { detail: { ...detail, by: decision.by } } };
}

function timedOut(node: ApprovalNode, path: string): ApprovalDecision {
  switch (node.onTimeout.kind) {
    case 'reject':
      return { approved: false, by: null, form: null, timedOut: true };
    case 'approve':
      return { approved: true, by: null, form: node.onTimeout.form, timedOut: true };
    case 'fail':
      throw new TaskFailed({
        kind: 'timeout',
        name: 'ApprovalTimeout',
        message: `Nobody decided on approval '${path}' within ${node.timeoutMs / 1000} s.`,
        stack: null,
        retryable: false,
      });
  }
}
