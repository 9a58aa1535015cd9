import type { Invariant } from '../ended-run.ts';

const OPEN = new Set<string>(['running', 'waiting']);

/** A run that was cancelled has said farewell, and none of its tasks is open. */
export const cancelledEnd: Invariant = {
  name: 'a cancelled run is cleaned up',
  violationsIn: ({ detail: { tasks } }) => {
    const farewell = tasks.find(({ path }) => path === 'onExit/farewell');
    const open = tasks.filter(({ status, endedAt }) => OPEN.has(status) || endedAt === null);
    return [
      ...(farewell?.status === 'succeeded' ? [] : [`onExit/farewell is ${farewell?.status ?? 'missing'}`]),
      ...open.map(({ path, status }) => `${path} is ${status} for ever`),
    ];
  },
};
