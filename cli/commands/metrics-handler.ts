import type { Metric } from '../../server/client.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { listing } from '../output/listing.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { findTask } from '../submit/find-task.ts';
import { noSuchTask } from '../submit/no-such-task.ts';
import { withApi } from '../system/with-api.ts';
import { pathOfRank, type RankOptions } from './rank-option.ts';

export interface MetricsOptions extends PlaceOptions, FormatOptions, RankOptions {
  readonly name?: string;
}

/** What a run's metrics were at each step, a page at a time. */
export async function printMetrics(id: string, options: MetricsOptions): Promise<void> {
  const { path, name } = options;
  const from = pathOfRank(options);
  const filter = { limit: 1_000, ...(from === null ? {} : { path: from }), ...(name === undefined ? {} : { name }) };
  const metrics = listing<Metric>(formatOf(options), 'metrics', pointText);
  await withApi(findPlace(options), async (client) => {
    for (let cursor: string | null = null, any = false; ; ) {
      const page = await client.points(id, { ...filter, cursor });
      await metrics.add(page.items);
      any ||= page.items.length > 0;
      cursor = page.cursor;
      if (cursor !== null) continue;
      if (any) return;
      if (path !== undefined && (await findTask(client, id, path)) === null)
        throw noSuchTask(await client.run(id), path, 'task');
      process.stderr.write(`note: Nothing of that kind was measured in run ${id}.\n`);
      return;
    }
  });
  await metrics.end();
}

function pointText({ path, name, step, value }: Metric): string {
  return `${path}  ${name}  ${step === 0 ? 'final' : `step ${step}`}  ${value}\n`;
}
