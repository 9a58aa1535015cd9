import type { TaskNode } from '../../ir/nodes/task-node.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { RunFacts, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { type RunRead, type StepContract, settingsOf } from '../../ir/step-contract.ts';
import type { Execution, NodeResult, Shown } from '../execution.ts';
import { graphFailure } from '../graph-failure.ts';
import { inputOf } from '../input-of-task.ts';
import { pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';
import { tryTask } from './try-task.ts';

/** Looks a task up and, unless its output is known already, has a worker run it. */
export async function runTask(
  node: TaskNode,
  scope: Scope,
  execution: Execution,
  show: (shown: Shown) => void,
): Promise<NodeResult> {
  const { contract, code } = stepOf(node, execution);
  const { input, lacking } = inputOf(node, contract, scope, execution);
  if (lacking !== null) return { settled: { status: 'skipped', because: lacking } };
  // The look-up may fail, too.
  show({ input });
  const { request } = execution;
  const { project, runId, pipeline } = request;
  const task = { project, runId, pipeline, path: pathIn(scope, node.name) };
  const settings = settingsOf(contract, node.overrides);
  const dispatch = { task, contract, settings, code, input, reads: readsOf(contract, request), cacheKey: null };
  const cause = execution.rerunCause(task.path);
  const takeOverFrom = cause === null ? request.retryOf : null;
  const unsought = reasonNotToLook(dispatch, takeOverFrom);
  const sought = cause === null ? dispatch : refreshed(dispatch);
  const lookup = unsought === null ? await execution.port.lookUp(sought, takeOverFrom) : null;
  const cache = {
    key: lookup?.key ?? null,
    reason: lookup?.reason ?? 'off',
    detail: lookup?.detail ?? unsought ?? '',
    origin: lookup?.origin ?? null,
    ...(cause === null ? {} : { reason: 'rerun' as const, detail: rerunText(task.path, cause) }),
  };
  if (lookup?.hit) {
    const status = lookup.reason === 'reused' ? ('reused' as const) : ('cached' as const);
    return { settled: succeeded(lookup.output), shown: { input, cache, status } };
  }
  await execution.port.mayStart();
  execution.emit({ path: task.path, kind: 'task', step: node.step, status: 'running', input, cache });
  const output = await tryTask({ ...dispatch, cacheKey: lookup?.key ?? null }, execution.port);
  return { settled: succeeded(output), shown: { input, cache } };
}

/** Why a task is not looked up, for people; null when it is. A light task costs no more than its look-up would. */
function reasonNotToLook({ contract, settings }: TaskDispatch, takeOverFrom: string | null): string | null {
  if (contract.cost === 'light') return 'Light tasks are not cached.';
  if (settings.cache.policy !== 'off' || takeOverFrom !== null) return null;
  if (contract.effects === 'none') return 'The cache is off for this task.';
  return `Step '${contract.name}' has ${contract.effects} effects: it runs each time.`;
}

/** Its key is made, so that its result is kept for later runs, and nothing is looked up under it. */
function refreshed(dispatch: TaskDispatch): TaskDispatch {
  const { settings } = dispatch;
  if (settings.cache.policy === 'off') return dispatch;
  return { ...dispatch, settings: { ...settings, cache: { ...settings.cache, policy: 'refresh' } } };
}

function rerunText(path: string, cause: string): string {
  if (cause === path || cause === path.replace(/[[#]\d+\]?/g, '')) return 'Run anew, as the rerun asked.';
  const isPart = path.startsWith(cause) && /^[[#/]/.test(path.slice(cause.length));
  return `Run anew with '${cause}', ${isPart ? 'which it is part of' : 'on which it depends'}.`;
}

function stepOf(node: TaskNode, { compiled }: Execution): Pick<TaskDispatch, 'contract' | 'code'> {
  const contract = compiled.ir.steps[node.step];
  const code = compiled.code[node.step];
  if (!contract || !code) throw graphFailure(`Step '${node.step}' has no contract or code in the compiled pipeline.`);
  return { contract, code };
}

function readsOf(contract: StepContract, request: RunRequest): Partial<RunFacts> {
  const facts: RunFacts = { runId: request.runId, logicalTime: request.logicalTime, partition: request.partition };
  return Object.fromEntries(contract.reads.map((read: RunRead) => [read, facts[read]]));
}
