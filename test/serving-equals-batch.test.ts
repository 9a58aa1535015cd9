import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { artifactsIn } from '../ir/artifact.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { fewFlights, rowsOf, writeFlights } from './support/flights-example.ts';

vi.setConfig({ testTimeout: 180_000 });

const ROWS = 1_000;
let folder = '';
let system: EmbeddedSystem;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-serving-'));
  await writeFlights(join(folder, 'flights.parquet'), 30);
  await mkdir(join(folder, 'temp'));
  system = await startEmbedded(join(folder, 'home'), { TMPDIR: join(folder, 'temp') });
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Asks the endpoint about rows with raw columns, as a client would that knows no more than the model's metadata. */
async function infer(base: string, rows: readonly Record<string, unknown>[]): Promise<Tensor> {
  const metadata = (await (await fetch(base)).json()) as { inputs: readonly Tensor[] };
  const inputs = metadata.inputs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    shape: [rows.length, ...shape.slice(1)],
    data: rows.map((row) => (datatype === 'BYTES' ? String(row[name]) : Number(row[name]))),
  }));
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${base}/infer`, { method: 'POST', headers, body: JSON.stringify({ inputs }) });
  expect(response.status).toBe(200);
  const { outputs } = (await response.json()) as { outputs: readonly Tensor[] };
  return (
    outputs.find(({ name }) => name === 'probability') ?? expect.fail(JSON.stringify(outputs.map((each) => each.name)))
  );
}

it('what is served equals what was stored, for 1,000 flights of June', async () => {
  const database = join(folder, 'predictions.duckdb');
  const params = fewFlights(join(folder, 'flights.parquet'), database);
  const detail = await ended(system.client(), await system.submit(resolve('examples/flights/pipeline.ts'), params));
  expect(detail.run).toMatchObject({ status: 'succeeded', error: null });
  const split = detail.tasks.find(({ path }) => path === 'splitByTime')?.output as { score: unknown };
  const june = fileURLToPath(artifactsIn(split.score)[0]?.uri ?? '');
  // Raw columns come from the table that was scored, probabilities from where analysts read them.
  const rows = await rowsOf(
    `SELECT flight_id, epoch_us(flights.date) AS date, flights.origin, flights.destination, distance, probability
     FROM stored.flight_delays JOIN read_parquet('${june}') AS flights USING (flight_id)
     ORDER BY hash(flight_id), flight_id LIMIT ${ROWS}`,
    database,
  );
  expect(new Set(rows.map(({ flight_id }) => flight_id)).size).toBe(ROWS);
  const { serving } = (await system.record()).urls;
  const answered = await infer(`${serving}/v2/models/flight-delays`, rows);
  const furthest = rows.map(({ probability }, index) => Math.abs(Number(probability) - Number(answered.data[index])));
  expect(Math.max(...furthest)).toBeLessThanOrEqual(1e-6);
  expect(new Set(answered.data).size).toBeGreaterThan(ROWS / 2);
  // Where ONNX Runtime's telemetry starts, in a handler or in serving, it leaves a log.
  expect((await readdir(join(folder, 'temp'))).filter((name) => name.startsWith('mat-debug'))).toEqual([]);
});
