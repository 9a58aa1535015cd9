import type { Invariant } from '../ended-run.ts';

/** A run that was retried begins nothing that the one before had done, but light tasks, which are not looked up. */
export const onlyTheRest: Invariant = {
  name: 'a retry runs only what is left',
  violationsIn: ({ ledger, retryOf }) => {
    const done = new Set(
      retryOf?.tasks.flatMap(({ path, kind, step, status }) =>
        kind === 'task' && step !== 'addUp' && status === 'succeeded' ? [path] : [],
      ),
    );
    const again = ledger.filter(({ event, path }) => event === 'began' && done.has(path));
    return [...new Set(again.map(({ path }) => path))].map(
      (path) => `${path} was done in ${retryOf?.run.id} and began again`,
    );
  },
};
