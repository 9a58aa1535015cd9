import { digestOfJson } from '../../ir/digest.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { Stores } from '../../store/open-stores.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { NoTurn } from '../host/light-turn.ts';
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
 * task's failure is the answer to its own request alone. Put off are look-ups that find more than goes together, and light tasks
 * whose turn does not come.
 *
 * @throws what the store throws: the whole of it is then asked again.
 */
export async function answerRequests(
  requests: readonly ControlRequest[],
  stores: Stores,
  compiled: CompiledPipelines,
  host: TaskHost,
): Promise<readonly ControlAnswer[]> {
  const prepared = await Promise.all(requests.map((request) => prepare(request, stores, compiled)));
  const sought = prepared.filter((item) => 'dispatch' in item).filter(({ request }) => request.kind === 'lookUp');
  const found = lookUpTasks(
    sought.flatMap(({ dispatch, request }) => {
      if (request.kind !== 'lookUp') return [];
      const { retryOf, awaited = null, claims = true } = request;
      return [{ dispatch, retryOf, awaited, claims }];
    }),
    stores,
    compiled,
    stores.secrets,
  );
  const answers = await Promise.all(
    prepared.map(async (item): Promise<ControlAnswer> => {
      if (!('dispatch' in item)) return item;
      if (item.request.kind === 'digest') return { kind: 'digest', digest: digestOfJson(item.dispatch.input) };
      if (item.request.kind === 'light') return runLightTask(item, host);
      const lookup = (await found)[sought.indexOf(item)];
      if (lookup) return { kind: 'lookUp', lookup };
      throw new Error(`The look-up of '${item.dispatch.task.path}' gave no answer.`);
    }),
  );
  return putOffLarge(answers);
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

/** Where nothing else is answered, the first look-up is, however large it is. */
function putOffLarge(answers: readonly ControlAnswer[]): readonly ControlAnswer[] {
  const kept = answers
    .filter(({ kind }) => kind !== 'lookUp' && kind !== 'later')
    .reduce((sum, answer) => sum + sizeOf(answer), 0);
  let left = MOST_IN_ANSWERS - kept;
  return answers.map((answer, index) => {
    if (answer.kind !== 'lookUp') return answer;
    left -= sizeOf(answer);
    return left >= 0 || (index === 0 && kept === 0) ? answer : { kind: 'later' };
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
