import type { EndedRun, Invariant } from '../ended-run.ts';

/** What Temporal has heard to be done is ordered no more, and no handler begins that nobody ordered. */
export const nothingAgain: Invariant = {
  name: 'no finished task runs again',
  violationsIn: (run) => [...orderedAgain(run), ...begunTooOften(run)],
};

function orderedAgain({ deliveries }: EndedRun): readonly string[] {
  return deliveries.flatMap(({ path, completed }) => {
    if (completed === null) return [];
    const later = deliveries.find((other) => other.path === path && other.scheduled > completed);
    return later ? [`${path} was done at event ${completed} and ordered again at ${later.scheduled}`] : [];
  });
}

/**
 * A light task may begin again with every crash (docs/steps.md); here each fault may have been one, and brought as many
 * more as it had deliveries doubled.
 */
function begunTooOften({ deliveries, ledger, faults }: EndedRun): readonly string[] {
  const doubled = faults.some(({ kind }) => kind === 'every delivery twice') ? 2 : 1;
  const began = countsOf(ledger.filter(({ event }) => event === 'began').map(({ path }) => path));
  const ordered = countsOf(deliveries.map(({ path }) => path));
  return [...began].flatMap(([path, times]) => {
    const most = doubled * (ordered.get(path) ?? 1 + faults.length);
    return times > most ? [`${path} began ${times} times, ${most} at most were due`] : [];
  });
}

function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
