import { digestOfJson } from '../../ir/digest.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { CacheLookup, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { Stores } from '../../store/open-stores.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { NoTurn } from '../host/light-turn.ts';
import type { Sought } from '../host/look-up.ts';
import type { TaskHost } from '../host/task-host.ts';
import { dispatchOf } from '../task-order.ts';
import { keepMessage } from './keep-message.ts';
import { takeSlots } from './take-slots.ts';
import { lookUpTasks } from './task-look-up.ts';

/** Bytes of answers that go together, for the workflow's thread reads them in one go. A hit may be large. */
const MOST_IN_ANSWERS = 16 * (1 << 20);
/**
 * All runs share a worker's turns. One that asked at a bad time is to ask again: Temporal would end its local activity
 * after minutes, and try all of it again while its tasks are still in line.
 */
const TURN_WITHIN_MS = 5_000;

/**
 * Answers what a run asked together: look-ups by one question to the store, light tasks and digests side by side. A
 * task's failure is the answer to its own request alone. Put off are look-ups that find more than goes together, light tasks
 * whose turn does not come, and what the store failed: the others' answers stand, and no light task that ended is run again for it.
 *
 * @throws what the store throws where it failed all of them: the whole of it is then asked again.
 */
export async function answerRequests(
  requests: readonly ControlRequest[],
  stores: Stores,
  compiled: CompiledPipelines,
  host: TaskHost,
): Promise<readonly ControlAnswer[]> {
  const prepared = await Promise.allSettled(requests.map((request) => prepare(request, stores, compiled)));
  const found = findSought(prepared.flatMap(soughtIn), stores, compiled);
  // None is left behind, whatever the others come to.
  const answers = await Promise.allSettled(
    prepared.map(async (item): Promise<ControlAnswer> => {
      if (item.status === 'rejected') throw item.reason;
      if (!('dispatch' in item.value)) return item.value;
      const { request, dispatch } = item.value;
      if (request.kind === 'digest') return { kind: 'digest', digest: digestOfJson(dispatch.input) };
      if (request.kind === 'light') return runLightTask(item.value, host);
      const lookup = (await found).get(dispatch);
      if (lookup) return { kind: 'lookUp', lookup };
      throw new Error(`The look-up of '${dispatch.task.path}' gave no answer.`);
    }),
  );
  return putOffLarge(putOffFailed(answers));
}

function soughtIn(item: PromiseSettledResult<Prepared | ControlAnswer>): readonly Sought[] {
  if (item.status === 'rejected' || !('dispatch' in item.value)) return [];
  const { request, dispatch } = item.value;
  if (request.kind !== 'lookUp') return [];
  const { retryOf, awaited = null, claims = true } = request;
  return [{ dispatch, retryOf, awaited, claims }];
}

async function findSought(
  sought: readonly Sought[],
  stores: Stores,
  compiled: CompiledPipelines,
): Promise<ReadonlyMap<TaskDispatch, CacheLookup>> {
  if (sought.length === 0) return new Map();
  const found = await lookUpTasks(sought, stores, compiled, stores.secrets);
  return new Map(sought.flatMap(({ dispatch }, index) => (found[index] ? [[dispatch, found[index]]] : [])));
}

/** What is put off soon comes alone: while it fails then, Temporal waits between tries, and gives up some time. */
function putOffFailed(answers: readonly PromiseSettledResult<ControlAnswer>[]): readonly ControlAnswer[] {
  const failed = answers.filter((answer) => answer.status === 'rejected');
  if (failed[0] && failed.length === answers.length) throw failed[0].reason;
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : { kind: 'later' }));
}

type OrderedRequest = Extract<ControlRequest, { order: unknown }>;

interface Prepared {
  readonly request: OrderedRequest;
  readonly dispatch: TaskDispatch;
}

async function prepare(
  request: ControlRequest,
  { metadata }: Stores,
  compiled: CompiledPipelines,
): Promise<Prepared | ControlAnswer> {
  try {
    if (!('order' in request)) return await answerAtOnce(request, metadata);
    return { request, dispatch: await dispatchOf(request.order, compiled) };
  } catch (error) {
    return failedAnswer(error);
  }
}

async function answerAtOnce(
  request: Exclude<ControlRequest, OrderedRequest>,
  metadata: MetadataStore,
): Promise<ControlAnswer> {
  const now = Date.now();
  switch (request.kind) {
    case 'notify':
      await keepMessage(request, metadata, now);
      return { kind: 'notified' };
    case 'giveBackSlots':
      return { kind: 'slotsGivenBack', next: await metadata.pools.giveBack(request.task, now) };
    case 'takeSlots':
      return { kind: 'slots', answer: await takeSlots(request, metadata.pools, now) };
  }
}

function failedAnswer(error: unknown): ControlAnswer {
  if (error instanceof TaskFailed) return { kind: 'failed', failure: error.failure };
  throw error;
}

/** Where nothing else is answered, the first look-up is, however large it is: each round answers something. */
function putOffLarge(answers: readonly ControlAnswer[]): readonly ControlAnswer[] {
  const kept = answers
    .filter(({ kind }) => kind !== 'lookUp' && kind !== 'later')
    .reduce((sum, answer) => sum + sizeOf(answer), 0);
  const first = answers.findIndex(({ kind }) => kind === 'lookUp');
  let left = MOST_IN_ANSWERS - kept;
  return answers.map((answer, index) => {
    if (answer.kind !== 'lookUp') return answer;
    left -= sizeOf(answer);
    return left >= 0 || (index === first && kept === 0) ? answer : { kind: 'later' };
  });
}

function sizeOf(answer: ControlAnswer): number {
  return Buffer.byteLength(JSON.stringify(answer));
}

async function runLightTask({ request, dispatch }: Prepared, host: TaskHost): Promise<ControlAnswer> {
  try {
    // Never fires: a light task has a second once its turn has come, and what is cancelled before is not asked again.
    const { signal } = new AbortController();
    const { attempt } = request.order;
    const turnWithinMs = TURN_WITHIN_MS;
    const output = await host.run({ dispatch, attempt, signal, turnWithinMs, onProgress: () => undefined });
    return { kind: 'light', output };
  } catch (error) {
    if (error instanceof NoTurn) return { kind: 'later' };
    return failedAnswer(error);
  }
}
