import type { Delivery } from '../deliveries.ts';
import { begunIn, countsOf, type EndedRun, type Invariant } from '../ended-run.ts';

/** What Temporal has heard to be done is ordered no more, and no handler begins that nobody ordered. */
export const nothingAgain: Invariant = {
  name: 'no finished task runs again',
  violationsIn: (run) => [...orderedAgain(run), ...begunTooOften(run)],
};

/** Replicas are done when all are: where one is not, those that were done begin anew with it. */
function orderedAgain({ deliveries }: EndedRun): readonly string[] {
  const attempts = new Map(deliveries.map(({ path, attempt }) => [`${path} ${attempt}`, { path, attempt }]));
  return [...attempts.values()].flatMap(({ path, attempt }) => {
    const all = deliveries.filter((delivery) => delivery.path === path);
    const done = doneAt(all.filter((delivery) => delivery.attempt === attempt));
    const later = all.find(({ scheduled }) => done !== null && scheduled > done);
    return later ? [`${path} was done at event ${done} and ordered again at ${later.scheduled}`] : [];
  });
}

/** @returns null where a rank was not done. */
function doneAt(deliveries: readonly Delivery[]): number | null {
  const ranks = new Set(deliveries.map(({ rank }) => rank));
  const ends = deliveries.flatMap(({ rank, completed }) => (completed === null ? [] : [{ rank, completed }]));
  if (new Set(ends.map(({ rank }) => rank)).size < ranks.size) return null;
  return Math.max(...ends.map(({ completed }) => completed));
}

/**
 * A light task may begin again with every crash (docs/steps.md), also one in a part; here each fault may have been a crash, also
 * that under way now, and brought as many more as it had deliveries doubled. Which of them were under way then, or ended in the
 * seconds before, is not looked at. What the cancelled run had ordered may begin when its retry has, where
 * its worker stood still.
 */
function begunTooOften({ deliveries, ledger, faults, late }: EndedRun): readonly string[] {
  const doubled = faults.some(({ kind }) => kind === 'every delivery twice') ? 2 : 1;
  const began = begunIn(ledger);
  const ordered = countsOf(deliveries.map(({ path }) => path));
  return [...began].flatMap(([path, times]) => {
    const most = doubled * ((ordered.get(path) ?? 2 + faults.length) + (late.get(path) ?? 0));
    return times > most ? [`${path} began ${times} times, ${most} at most were due`] : [];
  });
}
