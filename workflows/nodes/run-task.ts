import type { TaskNode } from '../../ir/nodes/task-node.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { RunFacts, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { type RunRead, type StepContract, settingsOf } from '../../ir/step-contract.ts';
import { evaluateFields } from '../evaluate-binding.ts';
import type { Execution, NodeResult, Shown } from '../execution.ts';
import { graphFailure } from '../graph-failure.ts';
import { bindingSource, pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';
import { tryTask } from './try-task.ts';

/** Looks a task up and, unless its output is known already, has a worker run it. */
export async function runTask(
  node: TaskNode,
  scope: Scope,
  execution: Execution,
  show: (shown: Shown) => void,
): Promise<NodeResult> {
  const dispatch = dispatchOf(node, scope, execution);
  const { input, task } = dispatch;
  // The look-up may fail, too.
  show({ input });
  const unsought = reasonNotToLook(dispatch, execution);
  const lookup = unsought === null ? await execution.port.lookUp(dispatch) : null;
  const cache = {
    key: lookup?.key ?? null,
    reason: lookup?.reason ?? 'off',
    detail: lookup?.detail ?? unsought ?? '',
    // A look-up in the history of an older version has none.
    origin: lookup?.origin ?? null,
  };
  if (lookup?.hit) {
    const status = lookup.reason === 'reused' ? ('reused' as const) : ('cached' as const);
    return { settled: succeeded(lookup.output), shown: { input, cache, status } };
  }
  execution.emit({ path: task.path, kind: 'task', step: node.step, status: 'running', input, cache });
  const output = await tryTask({ ...dispatch, cacheKey: lookup?.key ?? null }, execution.port);
  return { settled: succeeded(output), shown: { input, cache } };
}

/** Why a task is not looked up, for people; null when it is. A light task costs no more than its look-up would. */
function reasonNotToLook({ contract, settings }: TaskDispatch, { request }: Execution): string | null {
  if (contract.cost === 'light') return 'Light tasks are not cached.';
  if (settings.cache.policy !== 'off' || request.retryOf !== null) return null;
  if (contract.effects === 'none') return 'The cache is off for this task.';
  return `Step '${contract.name}' has ${contract.effects} effects: it runs each time.`;
}

function dispatchOf(node: TaskNode, scope: Scope, execution: Execution): TaskDispatch {
  const { compiled, request } = execution;
  const contract = compiled.ir.steps[node.step];
  const code = compiled.code[node.step];
  if (!contract || !code) throw graphFailure(`Step '${node.step}' has no contract or code in the compiled pipeline.`);
  return {
    task: {
      project: request.project,
      runId: request.runId,
      pipeline: request.pipeline,
      path: pathIn(scope, node.name),
    },
    contract,
    settings: settingsOf(contract, node.overrides),
    code,
    input: evaluateFields(node.inputs, bindingSource(scope, execution)),
    reads: readsOf(contract, request),
    cacheKey: null,
  };
}

function readsOf(contract: StepContract, request: RunRequest): Partial<RunFacts> {
  const facts: RunFacts = { runId: request.runId, logicalTime: request.logicalTime, partition: request.partition };
  return Object.fromEntries(contract.reads.map((read: RunRead) => [read, facts[read]]));
}
