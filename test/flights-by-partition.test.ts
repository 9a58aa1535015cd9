import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { BackfillState } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, startEmbedded } from './support/embedded-system.ts';
import { rowsOf, writeFlights } from './support/flights-example.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 500_000, hookTimeout: 120_000 });

/** All days and months of the data take minutes: `MILLRACE_LONG_TESTS=1` asks for them. */
const isLong = process.env.MILLRACE_LONG_TESTS === '1';
const MONTHS = isLong ? ['2001-02', '2001-03', '2001-04', '2001-05', '2001-06'] : ['2001-02', '2001-03'];
const [FIRST_DAY, DAYS] = isLong ? ['2001-01-01', 181] : ['2001-06-28', 3];

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-partitions-'));
  await writeFlights(join(folder, 'flights.parquet'), 60);
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function command<T>(...words: string[]): Promise<T> {
  const { code, out, err } = await millrace(...words, '--home', system.home, '-o', 'json');
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${err}`);
  return JSON.parse(out) as T;
}

async function backfill(file: string, ...options: string[]): Promise<BackfillState> {
  const source = `source=${join(folder, 'flights.parquet')}`;
  const words = ['backfills', 'create', `examples/flights/${file}`, '-p', source, '--concurrency', '1', ...options];
  const { backfill } = await command<BackfillState>(...words);
  const state = () => system.client().backfill(backfill.id);
  await until(`${file} ends`, async () => (await state()).backfill.endedAt !== null, 450_000);
  return state();
}

it('the flights example retrains by the month, and scores each day with what is champion then', async () => {
  const loose = ['-p', 'minAuc=0.5', '-p', 'maxCalibrationError=0.5'];
  const months = await backfill('retraining.ts', '--to', MONTHS.at(-1) ?? '', ...loose);
  expect([months.backfill.status, months.partitions.map(({ partition }) => partition)]).toEqual(['succeeded', MONTHS]);
  const { aliases, versions } = await system.client().model('flight-delays');
  const champion = versions.items.find(({ version }) => version === aliases[0]?.version);
  expect([aliases[0]?.alias, champion?.runId]).toEqual(['champion', expect.stringContaining('flight-retraining-')]);

  const database = join(folder, 'scores.duckdb');
  const days = await backfill('scoring.ts', '--from', FIRST_DAY, '-p', `database=${database}`);
  expect([days.backfill.status, days.counts.succeeded]).toEqual(['succeeded', DAYS]);
  const rows = await rowsOf(
    'SELECT count(DISTINCT CAST(date AS DATE)) AS days, count(*) AS rows, count(DISTINCT flight_id) AS flights, ' +
      'min(model) AS first, max(model) AS last FROM stored.flight_scores',
    database,
  );
  expect(rows).toMatchObject([{ days: `${DAYS}` }]);
  expect(rows[0]?.rows).toBe(rows[0]?.flights);
  expect([rows[0]?.first, rows[0]?.last]).toEqual([champion?.artifact.digest, champion?.artifact.digest]);
});
