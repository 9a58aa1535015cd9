import { until } from '../../support/until.ts';
import type { Stage } from '../stage.ts';
import { tickedRuns } from './by-schedule.ts';
import { type BegunRun, onceEach, type Start } from './start.ts';

const NAME = 'echo';

/** One for each run of the round's schedule that has ended. */
export const byTrigger: Start = {
  name: 'each run that ended has begun one by its trigger',
  begin: async (stage, round) => async () => {
    const due = (await tickedRuns(stage, round)).map(({ id }) => id);
    const echoes = () => echoesOf(stage, new Set(due));
    const isOver = async () => {
      const begun = await echoes();
      return (
        begun.length >= due.length && begun.every(({ run }) => run.status !== 'running' && run.status !== 'pending')
      );
    };
    await until('all runs have been echoed', () => isOver().catch(() => false)).catch(() => undefined);
    return onceEach(due, await echoes());
  },
};

/** Before anything has ended that it is to fire for. */
export async function createTrigger({ client, folder }: Stage): Promise<void> {
  const on = { kind: 'runEnded', pipeline: 'ticked' } as const;
  await client().createTrigger({ name: NAME, pipeline: 'echoed', params: { folder }, on, bind: { run: 'event.run' } });
}

async function echoesOf({ client }: Stage, of: ReadonlySet<string>): Promise<readonly BegunRun[]> {
  const { items } = await client().runs({ pipeline: 'echoed', limit: 1_000 });
  const begun = items.map((run) => ({ for: String(run.params.run), run }));
  return begun.filter((each) => of.has(each.for));
}
