import type { Run, ScheduleState } from '../../../server/client.ts';
import { until } from '../../support/until.ts';
import type { Stage } from '../stage.ts';
import { type Begun, onceEach, type Start } from './start.ts';

const EVERY_MS = 6_000;
const at = ({ logicalTime }: Run) => Date.parse(logicalTime ?? '');
const scheduleOf = (round: number) => `tick-${round}`;

/** What the schedule of a round has begun, the earliest time first. */
export async function tickedRuns({ client }: Stage, round: number): Promise<readonly Run[]> {
  const { items } = await client().runs({ schedule: scheduleOf(round), limit: 1_000 });
  return [...items].sort((a, b) => at(a) - at(b));
}

/** Every few seconds, from when Temporal has heard of it until it is paused. Temporal's clock does not jump. */
export const bySchedule: Start = {
  name: 'each time of a schedule has one run',
  begin: async (stage, round) => {
    const [name, params] = [scheduleOf(round), { folder: stage.folder }];
    const interval = { every: EVERY_MS };
    await stage.client().createSchedule({ name, pipeline: 'ticked', params, overlap: 'allow', interval });
    await until(`Temporal knows schedule ${name}`, async () => (await timingOf(stage, name)) !== null);
    return endOf(stage, round, Date.now());
  },
};

async function timingOf({ client }: Stage, name: string): Promise<ScheduleState['timing']> {
  const state = await client()
    .schedule(name)
    .catch(() => null);
  return state?.timing ?? null;
}

function endOf(stage: Stage, round: number, since: number): Begun {
  const name = scheduleOf(round);
  const runs = () => tickedRuns(stage, round).catch(() => []);
  return async () => {
    const now = Date.now();
    // What Temporal has missed it makes up for first.
    await until(`schedule ${name} goes on`, async () => (await runs()).some((run) => at(run) >= now));
    await until(`schedule ${name} is paused`, async () => {
      const paused = stage.client().pauseSchedule(name, 'pause', null);
      await paused.catch(() => null);
      return (await timingOf(stage, name))?.paused;
    });
    const areOver = async () => {
      const begun = await runs();
      return begun.length >= timesOf(begun, since).length && begun.every(({ endedAt }) => endedAt !== null);
    };
    // What is lost then is told below.
    await until(`the runs of schedule ${name} end`, areOver).catch(() => undefined);
    const begun = await tickedRuns(stage, round);
    return onceEach(
      timesOf(begun, since),
      begun.map((run) => ({ for: run.logicalTime ?? '', run })),
    );
  };
}

/** All from the first that was due, or came sooner, to the last that came. */
function timesOf(runs: readonly Run[], since: number): readonly string[] {
  const came = runs.map(at);
  const first = Math.min(Math.ceil(since / EVERY_MS) * EVERY_MS, ...came);
  const count = (Math.max(first, ...came) - first) / EVERY_MS + 1;
  return Array.from({ length: count }, (_, index) =>
    new Date(first + index * EVERY_MS).toISOString().replace('.000Z', 'Z'),
  );
}
