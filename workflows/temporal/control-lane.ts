import { CancellationScope, CancelledFailure, condition, proxyLocalActivities } from '@temporalio/workflow';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { ControlActivities } from './control-activities.ts';
import { intact } from './intact.ts';
import { jsonSize } from './json-size.ts';
import { quiet } from './quiet.ts';

const { answerRequests } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '5m',
  // Five minutes: a store that is away for longer fails what asked, in place of holding the run for ever.
  retry: { initialInterval: '200ms', maximumInterval: '10s', maximumAttempts: 36 },
});

/** Bounds what one answer weighs. */
const MOST_AT_ONCE = 200;
/** Light tasks among them: what a crash may have to do again, for Temporal hears of a batch when all of it has ended. */
const MOST_LIGHT = 16;
/** Bytes of JSON that are asked about together, unless one has more: the workflow's thread writes them in one go. */
const MOST_BYTES = 4 * (1 << 20);

interface Waiting {
  /** In which it was asked: once that is cancelled, nobody waits for the answer. */
  readonly scope: CancellationScope;
  readonly request: ControlRequest;
  readonly resolve: (answer: ControlAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export interface ControlLane {
  /** Rejected as cancelled once the scope that asks is, or the lane is closed. */
  ask(request: ControlRequest): Promise<ControlAnswer>;
  /** Takes nothing more. Resolves when what was under way has ended: only then may another local activity begin. */
  close(): Promise<void>;
}

/**
 * One lane for everything that local activities do for a run: what comes up while one is under way goes together in the
 * next, and never are two under way at once.
 *
 * Two at once would not replay. While a workflow runs, each local activity's end is an activation of its own; in a
 * replay the ends of all that were started together come in one, and what their continuations command next comes in
 * another order. One at a time, activations are the same both times, and so is what each batch holds. One that outlasts a
 * workflow task (8 s, or its worker) may still end, in a replay, together with what the next task brought, which came
 * before it while the workflow ran: so its answers are given when all that has been dealt with.
 *
 * What was cancelled while it waited is not asked. A batch under way is let go on: it has a few seconds of work at most,
 * and the end of a local activity that is cancelled would come, in a replay, together with what cancelled it.
 */
export function startControlLane(): ControlLane {
  let waiting: Waiting[] = [];
  let busy = false;
  let closed = false;
  let rounds = 0;
  const work = async () => {
    for (;;) {
      waiting = closed ? refuseAll(waiting) : withoutCancelled(waiting);
      if (waiting.length === 0) break;
      const batch = batchOf(waiting);
      waiting = waiting.filter((asked) => !batch.has(asked));
      waiting.unshift(...(await answer([...batch], ++rounds)));
    }
    busy = false;
  };
  const ask = (request: ControlRequest) =>
    new Promise<ControlAnswer>((resolve, reject) => {
      waiting.push({ scope: CancellationScope.current(), request, resolve, reject });
      if (busy) return;
      busy = true;
      // A turn later, so that tasks which become ready together are asked about together.
      void Promise.resolve().then(() => CancellationScope.nonCancellable(work));
    });
  const close = async () => {
    closed = true;
    await condition(() => !busy);
  };
  return { ask, close };
}

function refuseAll(waiting: readonly Waiting[]): Waiting[] {
  for (const { reject } of waiting) reject(new CancelledFailure('The run is ending.'));
  return [];
}

function withoutCancelled(waiting: readonly Waiting[]): Waiting[] {
  return waiting.filter(({ scope, reject }) => {
    if (scope.consideredCancelled) reject(new CancelledFailure('cancelled'));
    return !scope.consideredCancelled;
  });
}

/** Those that go together next, in the order in which they came; a look-up passes light tasks that are too many. */
function batchOf(waiting: readonly Waiting[]): ReadonlySet<Waiting> {
  const batch = new Set<Waiting>();
  let light = 0;
  let size = 0;
  for (const asked of waiting) {
    const { request } = asked;
    if (request.kind === 'light' && ++light > MOST_LIGHT) continue;
    if ('order' in request) size += jsonSize(request.order.input, MOST_BYTES);
    if (batch.size === MOST_AT_ONCE || (size > MOST_BYTES && batch.size > 0)) break;
    batch.add(asked);
  }
  return batch;
}

/** Gives what has to be asked again. */
async function answer(batch: readonly Waiting[], round: number): Promise<readonly Waiting[]> {
  try {
    const given = await answerRequests(batch.map(({ request }) => request)).finally(quiet);
    const answers = intact(given, `answers ${round}`);
    return batch.filter(({ resolve, reject }, index) => {
      const answer = answers[index];
      if (!answer) reject(new Error('The control worker gave fewer answers than it was asked for.'));
      else if (answer.kind === 'later') return true;
      else resolve(answer);
      return false;
    });
  } catch (error) {
    for (const { reject } of batch) reject(error);
    return [];
  }
}
