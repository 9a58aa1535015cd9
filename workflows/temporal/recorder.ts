import { CancellationScope, condition, proxyActivities, sleep } from '@temporalio/workflow';
import type { Transition } from '../../ir/protocol/transition.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { ControlActivities } from './control-activities.ts';
import { jsonSize } from './json-size.ts';

/** How stale the store may be while a run goes on. Each flush costs a timer and an activity. */
const FLUSH_MS = 250;
/** Bytes of JSON in one flush: well under the 2 MB that Temporal takes for an activity's input. */
const MOST_IN_A_FLUSH = 400_000;

const { recordTransitions } = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

export interface Recorder {
  record(transition: Transition): void;
  /** Ends the flushing. Gives what the store may not have yet, a batch under way included: writing twice does no harm. */
  close(): readonly Transition[];
}

/** Brings transitions to the store in batches, beside the run and never in its way. */
export function startRecorder(project: string, runId: string): Recorder {
  let waiting: Transition[] = [];
  let underWay: readonly Transition[] = [];
  // What is too large for an activity's input (a wide fan-out's whole result) is written when the run closes, by a local
  // activity, whose input never leaves the worker.
  const large: Transition[] = [];
  const refused: Transition[] = [];
  let closed = false;
  const flush = async () => {
    while (!closed) {
      await condition(() => waiting.length > 0 || closed);
      await sleep(FLUSH_MS);
      if (closed) return;
      underWay = takeBatch(waiting);
      waiting = waiting.slice(underWay.length);
      try {
        await recordTransitions(project, runId, underWay);
      } catch {
        // The store refused for good what closing the run writes once more; the run itself goes on.
        refused.push(...underWay);
      }
      underWay = [];
    }
  };
  void CancellationScope.nonCancellable(flush);
  return {
    record: (transition) => {
      (jsonSize(transition) > MOST_IN_A_FLUSH ? large : waiting).push(transition);
    },
    close: () => {
      closed = true;
      return [...refused, ...underWay, ...waiting, ...large];
    },
  };
}

/** The first transitions that go together in one flush. */
function takeBatch(waiting: readonly Transition[]): readonly Transition[] {
  let size = 0;
  const end = waiting.findIndex((transition) => {
    size += jsonSize(transition);
    return size > MOST_IN_A_FLUSH;
  });
  return end < 0 ? waiting : waiting.slice(0, end);
}
