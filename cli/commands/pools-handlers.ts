import type { PoolPlace, PoolState } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';
import { type FormatOptions, formatOf } from '../output/format-option.ts';
import { moreText } from '../output/more-text.ts';
import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { withApi } from '../system/with-api.ts';

type Common = PlaceOptions & FormatOptions;

export async function listPools(options: Common & { readonly cursor?: string }): Promise<void> {
  const page = options.cursor === undefined ? {} : { cursor: options.cursor };
  const pools = await withApi(findPlace(options), (client) => client.pools(page));
  await print(formatOf(options), pools, () => {
    if (pools.items.length === 0) return 'No pools. Make one: millrace pools set NAME SLOTS';
    const rows = pools.items.map((pool) => [
      pool.name,
      `${pool.slots}`,
      `${taken(pool)}`,
      `${pool.waits.length}`,
      pool.set === null ? 'its pipeline' : pool.set.updatedBy,
    ]);
    return (
      table(['POOL', 'SLOTS', 'TAKEN', 'WAITING', 'SET BY'], rows) + moreText('millrace pools list', {}, pools.cursor)
    );
  });
}

export async function getPool(name: string, options: Common): Promise<void> {
  await printPool(options, await withApi(findPlace(options), (client) => client.pool(name)));
}

export async function setPool(name: string, slots: number, options: Common): Promise<void> {
  await printPool(
    options,
    await withApi(findPlace(options), (client) => client.setPool({ name, slots }), { writes: true }),
  );
}

export async function deletePool(name: string, options: Common): Promise<void> {
  const pool = await withApi(findPlace(options), (client) => client.deletePool(name));
  await print(formatOf(options), pool, () => `Pool ${name} is deleted.`);
}

function printPool(options: Common, pool: PoolState): Promise<void> {
  return print(formatOf(options), pool, () =>
    [
      `${pool.name}: ${taken(pool)} of ${pool.slots} slots taken, ${pool.waits.length} waiting`,
      ...(pool.holds.length === 0 ? [] : ['', placeTable('HAS SLOTS', pool.holds)]),
      ...(pool.waits.length === 0 ? [] : ['', placeTable('WAITS', pool.waits)]),
    ].join('\n'),
  );
}

function placeTable(heading: string, places: readonly PoolPlace[]): string {
  const rows = places.map(({ runId, path, slots, priority, askedAt }) => [
    runId,
    path === '' ? '-' : path,
    `${slots}`,
    `${priority}`,
    momentText(askedAt),
  ]);
  return table([heading, 'TASK', 'SLOTS', 'PRIORITY', 'SINCE (UTC)'], rows);
}

function taken({ holds }: PoolState): number {
  return holds.reduce((sum, { slots }) => sum + slots, 0);
}
