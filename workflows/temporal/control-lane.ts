import { CancellationScope, proxyLocalActivities } from '@temporalio/workflow';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { ControlActivities } from './control-activities.ts';
import { intact } from './intact.ts';
import { jsonSize } from './json-size.ts';

const { answerRequests } = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '5m',
  // Half a minute: a store that is away for longer fails what asked, in place of holding the run for ever.
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 10 },
});

/** Bounds what one answer weighs, and what a crash may have to do again. */
const MOST_AT_ONCE = 200;
/** Bytes of JSON that are asked about together, unless one has more: the workflow's thread writes them in one go. */
const MOST_BYTES = 4 * (1 << 20);

interface Waiting {
  readonly request: ControlRequest;
  readonly resolve: (answer: ControlAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One lane for everything that local activities do for a run: what comes up while one is under way goes together in the
 * next, and never are two under way at once.
 *
 * Two at once would not replay. While a workflow runs, each local activity's end is an activation of its own; in a
 * replay the ends of all that were started together come in one, and what their continuations command next comes in
 * another order. One at a time, activations are the same both times, and so is what each batch holds.
 */
export function controlLane(): (request: ControlRequest) => Promise<ControlAnswer> {
  let waiting: Waiting[] = [];
  let busy = false;
  let rounds = 0;
  const work = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, countOf(waiting));
      waiting = waiting.slice(batch.length);
      waiting.unshift(...(await answer(batch, ++rounds)));
    }
    busy = false;
  };
  return (request) =>
    new Promise((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      if (busy) return;
      busy = true;
      // A turn later, so that tasks which become ready together are asked about together.
      void Promise.resolve().then(() => CancellationScope.nonCancellable(work));
    });
}

/** How many of those that wait go together. */
function countOf(waiting: readonly Waiting[]): number {
  let size = 0;
  const end = waiting.slice(0, MOST_AT_ONCE).findIndex(({ request }) => {
    size += jsonSize(request.order.input, MOST_BYTES);
    return size > MOST_BYTES;
  });
  return end < 0 ? MOST_AT_ONCE : Math.max(end, 1);
}

/** Gives what has to be asked again. */
async function answer(batch: readonly Waiting[], round: number): Promise<readonly Waiting[]> {
  try {
    const answers = intact(await answerRequests(batch.map(({ request }) => request)), `answers ${round}`);
    return batch.filter(({ resolve, reject }, index) => {
      const given = answers[index];
      if (!given) reject(new Error('The control worker gave fewer answers than it was asked for.'));
      else if (given.kind === 'later') return true;
      else resolve(given);
      return false;
    });
  } catch (error) {
    for (const { reject } of batch) reject(error);
    return [];
  }
}
