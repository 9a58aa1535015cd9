import { evaluateFields } from '../../ir/evaluate-binding.ts';
import type { PromoteNode } from '../../ir/nodes/promote-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { bindingSource, pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';

/** Starts a rollout and waits for its end. */
export async function runPromote(node: PromoteNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const { request } = execution;
  const path = pathIn(scope, node.name);
  const input = evaluateFields(node.inputs, bindingSource(scope, execution));
  execution.emit({ path, kind: 'promote', status: 'running', input });
  const task = { project: request.project, runId: request.runId, pipeline: request.pipeline, path };
  const promotion = await execution.port.promote({ task, input });
  return { settled: succeeded(promotion), shown: { input } };
}
