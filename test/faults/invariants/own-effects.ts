import { isBeforeHandler } from '../../../ir/protocol/task-failure.ts';
import type { EndedRun, Invariant } from '../ended-run.ts';
import { bookedKeys, bookingKey } from '../pipeline/booking.ts';

/** What a step books has one key whatever befell its attempts. What a step sends it begins to send once, or says that it may have. */
export const ownEffects: Invariant = {
  name: 'an effect of a step comes about as it declares',
  violationsIn: async (run) => [...bookedAmiss(run, await bookedKeys(run.folder)), ...sentAmiss(run)],
};

function bookedAmiss({ id, detail, retryOf }: EndedRun, all: readonly string[]): readonly string[] {
  const keys = all.filter((key) => retryOf === null || !key.startsWith(bookingKey(retryOf.run.id, '')));
  const tasks = detail.tasks.filter(({ step }) => step === 'book');
  const due = tasks.map(({ path }) => bookingKey(id, path));
  const missing = tasks.filter(({ path, status }) => status === 'succeeded' && !keys.includes(bookingKey(id, path)));
  return [
    ...missing.map(({ path }) => `${path} is not booked`),
    ...keys.filter((key) => !due.includes(key)).map((key) => `"${key}" is booked, which no task has as its key`),
  ];
}

/** Doubled deliveries double it: Temporal itself delivers a task of one attempt once. */
function sentAmiss({ detail, ledger, faults }: EndedRun): readonly string[] {
  const most = faults.some(({ kind }) => kind === 'every delivery twice') ? 2 : 1;
  const tasks = detail.tasks.filter(({ step }) => step === 'mail');
  return tasks.flatMap(({ path, status }) => {
    const lines = ledger.filter((line) => line.path === path);
    const began = lines.filter(({ event }) => event === 'began').length;
    const sent = lines.filter(({ event }) => event === 'effect').length;
    const failure = detail.attempts.find((row) => row.path === path && row.failure !== null)?.failure;
    const isDenied = status !== 'succeeded' && failure && isBeforeHandler(failure);
    return [
      ...(began > most ? [`${path} began ${began} times, and is ${status}`] : []),
      ...(status === 'succeeded' && sent === 0 ? [`${path} succeeded, and nothing was sent`] : []),
      ...(isDenied && began > 0 ? [`${path} began, and says ${failure.name}: ${failure.message}`] : []),
    ];
  });
}
