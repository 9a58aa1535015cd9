import { until } from '../../support/until.ts';
import { onceEach, type Start } from './start.ts';

const DAYS = 5;
const DAY_MS = 86_400_000;
/** The day before was filled when the pipeline was made known. */
const FIRST = Date.parse('2001-01-02');

/** Some days, two at once. */
export const byBackfill: Start = {
  name: 'each partition of a backfill has one run',
  begin: async (stage, round) => {
    const name = `fill-${round}`;
    const due = daysOf(round);
    const asked = { name, pipeline: 'filled', partitions: [...due], concurrency: 2 };
    await stage.client().createBackfill({ ...asked, params: { folder: stage.folder } });
    return async () => {
      const ended = async () => {
        const { backfill } = await stage.client().backfill(name);
        return backfill.endedAt !== null && backfill;
      };
      const { status } = await until(`backfill ${name} ends`, () => ended().catch(() => null), 300_000);
      const { items } = await stage.client().runs({ backfill: name, limit: 1_000 });
      const amiss = onceEach(
        due,
        items.map((run) => ({ for: `${run.partition}`, run })),
      );
      return status === 'succeeded' ? amiss : [`backfill ${name} is ${status}`, ...amiss];
    };
  },
};

function daysOf(round: number): readonly string[] {
  const first = FIRST + round * DAYS * DAY_MS;
  return Array.from({ length: DAYS }, (_, day) => new Date(first + day * DAY_MS).toISOString().slice(0, 10));
}
