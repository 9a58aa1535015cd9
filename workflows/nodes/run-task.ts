import { graphFailure } from '../../ir/graph-failure.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { TaskNode } from '../../ir/nodes/task-node.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { type SlotDemand, WAITS_FOR } from '../../ir/protocol/slots.ts';
import type { CacheLookup, RunFacts, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { CacheRecord } from '../../ir/protocol/transition.ts';
import { type RunRead, type StepContract, settingsOf, type TaskSettings } from '../../ir/step-contract.ts';
import type { Execution, NodeResult, Shown } from '../execution.ts';
import { identityOf } from '../identity-of-task.ts';
import { inputOf } from '../input-of-task.ts';
import { pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';
import { demandsOf, withSlots } from '../slots.ts';
import { runUnlessKnown } from './look-up-task.ts';
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
  const { project, runId, pipeline } = execution.request;
  const task = { project, runId, pipeline, path: pathIn(scope, node.name) };
  const { request } = execution;
  const settings = settingsFor(node, contract, request);
  const { identity, lost } = identityOf(node, scope, execution);
  const dispatch = {
    task,
    contract,
    settings,
    code,
    input,
    reads: readsOf(contract, request),
    cacheKey: null,
    ...identity,
  };
  const cause = execution.rerunCause(task.path);
  const takeOverFrom = cause === null ? request.retryOf : null;
  const unsought = lost ?? reasonNotToLook(dispatch, takeOverFrom, request);
  return runDispatch(dispatch, { cause, takeOverFrom, unsought }, execution);
}

interface Search {
  /** Of what a rerun named, that for which this task runs anew. */
  readonly cause: string | null;
  readonly takeOverFrom: string | null;
  /** Why it is not looked up; null when it is. */
  readonly unsought: string | null;
}

async function runDispatch(dispatch: TaskDispatch, search: Search, execution: Execution): Promise<NodeResult> {
  const { task, contract, input } = dispatch;
  const { cause, takeOverFrom, unsought } = search;
  const recordOf = (lookup: CacheLookup | null): CacheRecord => ({
    ...shownOf(lookup, unsought),
    ...(cause === null ? {} : { reason: 'rerun', detail: rerunText(task.path, cause) }),
  });
  const tell = (status: 'waiting' | 'running', cache: CacheRecord, detail: JsonObject = {}) =>
    execution.emit({ path: task.path, kind: 'task', step: contract.name, status, input, cache, detail });
  const inLine = (lookup: CacheLookup | null) =>
    tell('waiting', recordOf(lookup), { [WAITS_FOR]: slotsByPool(demandsOf(dispatch, execution.limitedQueues)) });
  const run = async (lookup: CacheLookup | null): Promise<NodeResult> => {
    const cache = recordOf(lookup);
    tell('running', cache);
    const output = await tryTask({ ...dispatch, cacheKey: lookup?.key ?? null }, execution.port);
    return { settled: succeeded(output), shown: { input, cache, detail: {} } };
  };
  if (unsought !== null) {
    return withSlots(
      dispatch,
      execution,
      () => inLine(null),
      () => run(null),
    );
  }
  const waits = (awaited: CacheLookup) => tell('waiting', shownOf(awaited, null));
  const known = (hit: CacheLookup): NodeResult => {
    const status = hit.reason === 'reused' ? 'reused' : 'cached';
    return { settled: succeeded(hit.output), shown: { input, cache: recordOf(hit), status } };
  };
  const sought = cause === null ? dispatch : refreshed(dispatch);
  return runUnlessKnown({ dispatch: sought, takeOverFrom, waits, inLine, known, run }, execution);
}

function slotsByPool(demands: readonly SlotDemand[]): JsonObject {
  return Object.fromEntries(demands.map(({ pool, slots }) => [pool, slots]));
}

function shownOf(lookup: CacheLookup | null, unsought: string | null): CacheRecord {
  return {
    key: lookup?.key ?? null,
    reason: lookup?.reason ?? 'off',
    detail: lookup?.detail ?? unsought ?? '',
    origin: lookup?.origin ?? null,
    ...(lookup?.compared ? { compared: lookup.compared } : {}),
  };
}

/** A run may be told to pass the cache by. Whether what has effects is done again is for its author alone to say. */
function settingsFor(node: TaskNode, contract: StepContract, { cache }: RunRequest): TaskSettings {
  const settings = settingsOf(contract, node.overrides);
  if (!cache || contract.effects !== 'none' || settings.cache.policy === 'off') return settings;
  return { ...settings, cache: { ...settings.cache, policy: cache } };
}

/** Why a task is not looked up, for people; null when it is. A light task costs no more than its look-up would. */
function reasonNotToLook(
  { contract, settings }: TaskDispatch,
  takeOverFrom: string | null,
  request: RunRequest,
): string | null {
  if (contract.cost === 'light') return 'Light tasks are not cached.';
  if (settings.cache.policy !== 'off' || takeOverFrom !== null) return null;
  if (contract.effects !== 'none') return `Step '${contract.name}' has ${contract.effects} effects: it runs each time.`;
  return request.cache === 'off' ? 'The cache is off for this run.' : 'The cache is off for this task.';
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
