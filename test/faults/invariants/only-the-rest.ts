import { begunIn, type Invariant } from '../ended-run.ts';

/** Light tasks are not looked up, and what reads its run's id is another task in another run. */
const ANEW: readonly (string | null)[] = ['addUp', 'book'];

/** A run that was retried begins nothing else that the one before had done. */
export const onlyTheRest: Invariant = {
  name: 'a retry runs only what is left',
  violationsIn: ({ ledger, retryOf, late }) => {
    const done = new Set(
      retryOf?.tasks.flatMap(({ path, kind, step, status }) =>
        kind === 'task' && !ANEW.includes(step) && status === 'succeeded' ? [path] : [],
      ),
    );
    return [...begunIn(ledger)].flatMap(([path, times]) =>
      done.has(path) && times > (late.get(path) ?? 0) ? [`${path} was done in ${retryOf?.run.id} and began again`] : [],
    );
  },
};
