import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { artifactsIn } from '../ir/artifact.ts';
import type { RunDetail } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { fewFlights, rowsOf, writeFlights } from './support/flights-example.ts';
import { outputDigests, statuses } from './support/run-facts.ts';

vi.setConfig({ testTimeout: 180_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-local-'));
  await writeFlights(join(folder, 'flights.parquet'), 30);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One run of the example in a home of its own, from the command line. */
async function runFlights(name: string, ...options: string[]): Promise<RunDetail> {
  const params = fewFlights(join(folder, 'flights.parquet'), join(folder, `${name}.duckdb`));
  const words = Object.entries(params).map(([param, value]) => `${param}=${value}`);
  const place = ['--home', join(folder, name), '-o', 'json'];
  const { code, out, err } = await millrace('run', 'examples/flights/pipeline.ts', ...words, ...place, ...options);
  expect([code, code === 0 ? '' : err]).toEqual([0, '']);
  return JSON.parse(out) as RunDetail;
}

/** What tasks gave that is no artifact and not where something lies: counts, measures, decisions. */
function values({ tasks }: RunDetail): Record<string, string> {
  const plain = (key: string, value: unknown) => (key === 'uri' ? undefined : value);
  return Object.fromEntries(tasks.map(({ path, output }) => [path, JSON.stringify(output, plain)]));
}

const published = (name: string) =>
  rowsOf(
    'SELECT * EXCLUDE (run_id, published_at) FROM stored.flight_delays ORDER BY flight_id LIMIT 1000',
    join(folder, `${name}.duckdb`),
  );

it('a run without Temporal gives what one through Temporal gives, digest for digest', async () => {
  const local = await runFlights('local', '--local');
  const durable = await runFlights('durable');
  expect([local.run.driver, durable.run.driver]).toEqual(['local', 'temporal']);
  expect(artifactsIn(durable.tasks.map(({ output }) => output)).length).toBeGreaterThan(10);
  expect(outputDigests(local)).toEqual(outputDigests(durable));
  expect(statuses(local)).toEqual(statuses(durable));
  const promotion = { 'gate/do/promote': expect.any(String), gate: expect.any(String) };
  expect(values(local)).toEqual({ ...values(durable), ...promotion });
  expect(await published('local')).toEqual(await published('durable'));
});
