import type { Invariant } from '../ended-run.ts';

/** A run that was retried begins nothing that the one before had done; only its farewell it says as well. */
export const onlyTheRest: Invariant = {
  name: 'a retry runs only what is left',
  violationsIn: ({ ledger, retryOf }) => {
    const done = new Set(
      retryOf?.tasks.flatMap(({ path, kind, status }) => (kind === 'task' && status === 'succeeded' ? [path] : [])),
    );
    const again = ledger.filter(({ event, path }) => event === 'began' && done.has(path));
    const paths = new Set(again.map(({ path }) => path).filter((path) => !path.startsWith('onExit/')));
    return [...paths].map((path) => `${path} was done in ${retryOf?.run.id} and began again`);
  },
};
