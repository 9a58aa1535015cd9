import type { Run } from '../../../server/client.ts';
import type { Stage } from '../stage.ts';

/** A way in which runs begin by themselves while faults strike. */
export interface Start {
  readonly name: string;
  /** @param round from 0 */
  readonly begin: (stage: Stage, round: number) => Promise<Begun>;
}

/** Ends it, waits for its runs, and gives a sentence for each that was lost, doubled or failed. */
export type Begun = () => Promise<readonly string[]>;

/** A run and what it was begun for: a time, a partition, an event. */
export interface BegunRun {
  readonly for: string;
  readonly run: Pick<Run, 'id' | 'status' | 'error'>;
}

/** Each of what was due has begun one run, which has succeeded; nothing else has begun any. */
export function onceEach(due: readonly string[], begun: readonly BegunRun[]): readonly string[] {
  const failed = begun.filter(({ run }) => run.status !== 'succeeded');
  return [
    ...due.flatMap((one) => {
      const runs = begun.filter((each) => each.for === one).map(({ run }) => run.id);
      return runs.length === 1 ? [] : [`${one} has begun ${runs.length} runs: ${runs.join(', ')}`];
    }),
    ...begun
      .filter((each) => !due.includes(each.for))
      .map((each) => `${each.for} was not due and has begun ${each.run.id}`),
    ...failed.map(({ run }) => `${run.id} is ${run.status}: ${run.error}`),
  ];
}
