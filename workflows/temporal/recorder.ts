import { CancellationScope, condition, proxyActivities, sleep } from '@temporalio/workflow';
import type { Transition } from '../../ir/protocol/transition.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { ControlActivities } from './control-activities.ts';
import { isLarger, jsonSize } from './json-size.ts';
import { LARGEST_SHOWN, sizeForPeople } from './payload-limits.ts';

/** How stale the store may be while a run goes on. Each flush costs a timer and an activity. */
const FLUSH_MS = 250;
/** Bytes of JSON in one flush. */
const MOST_IN_A_FLUSH = 400_000;
/** The same where much is waiting: a run must not end with minutes of writing before it. */
const MOST_AT_ONCE = 4 * (1 << 20);

const { recordTransitions } = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1m',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

export interface Recorder {
  record(transition: Transition): void;
  /**
   * Ends the flushing. Gives what the store may not have yet, a batch under way included: writing twice does no harm. What
   * is more than goes together is written before.
   */
  close(): Promise<readonly Transition[]>;
}

/** Brings transitions to the store in batches, beside the run and never in its way. */
export function startRecorder(project: string, runId: string): Recorder {
  let waiting: Transition[] = [];
  let underWay: readonly Transition[] = [];
  const refused: Transition[] = [];
  let closed = false;
  const writeBatch = async () => {
    const batch = takeBatch(waiting);
    waiting = waiting.slice(batch.length);
    underWay = [...underWay, ...batch];
    try {
      await recordTransitions(project, runId, batch);
    } catch {
      // The store refused for good what closing the run writes once more; the run itself goes on.
      refused.push(...batch);
    }
    underWay = underWay.filter((transition) => !batch.includes(transition));
  };
  const flush = async () => {
    while (!closed) {
      await condition(() => waiting.length > 0 || closed);
      await sleep(FLUSH_MS);
      if (closed) return;
      await writeBatch();
    }
  };
  void CancellationScope.nonCancellable(flush);
  return {
    record: (transition) => void waiting.push(shown(transition)),
    close: async () => {
      closed = true;
      while (isLarger(waiting, MOST_AT_ONCE)) await writeBatch();
      return [...refused, ...underWay, ...waiting];
    },
  };
}

/** The first transitions that go together in one flush. */
function takeBatch(waiting: readonly Transition[]): readonly Transition[] {
  const isMuch = isLarger(waiting, 2 * MOST_IN_A_FLUSH);
  return firstWithin(waiting, isMuch ? MOST_AT_ONCE : MOST_IN_A_FLUSH);
}

function firstWithin(waiting: readonly Transition[], most: number): readonly Transition[] {
  let size = 0;
  const end = waiting.findIndex((transition) => {
    size += jsonSize(transition);
    return size > most;
  });
  return end < 0 ? waiting : waiting.slice(0, Math.max(end, 1));
}

/**
 * What of a transition is too large is left out of it, and nothing else is. A task's output never is: that of a step is a
 * MiB at most, and a run that retries this one takes it over.
 */
function shown(transition: Transition): Transition {
  const { kind, input, output, detail } = transition;
  const large = {
    input: isLarger(input, LARGEST_SHOWN),
    output: kind !== 'task' && isLarger(output, LARGEST_SHOWN),
  };
  if (!large.input && !large.output) return transition;
  const sizes = [
    ...(large.input ? [`The input is ${sizeForPeople(input)}`] : []),
    ...(large.output ? [`The output is ${sizeForPeople(output)}`] : []),
  ];
  return {
    ...transition,
    input: large.input ? null : input,
    output: large.output ? null : output,
    detail: { ...detail, notKept: sizes.map((size) => `${size} of JSON: too large to show.`).join(' ') },
  };
}
