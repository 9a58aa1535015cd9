import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach } from 'vitest';
import { digestOfJson } from '../../ir/digest.ts';
import type { Partitions } from '../../ir/partitions.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { transition } from '../../store/metadata/task-table.suite.ts';
import type { CreateTrigger } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { startTestServer, type TestServer } from '../testing/test-server.suite.ts';
import { fireEvents } from './fire-events.ts';

export const DAYS: Partitions = {
  dimensions: [{ kind: 'time', name: 'day', period: 'day', start: '2026-01-01', end: null, timezone: 'UTC' }],
};
export const NOW = Date.parse('2026-02-03T10:00:00Z');

export let temporal: FakeTemporal;
export let server: TestServer;
export let now = 0;
export let context: ServerContext;
export let folder = '';

/** For the tests of a file, each with a server, a folder and pipelines of its own. */
export function useTriggers(): void {
  beforeEach(async () => {
    now = NOW;
    temporal = new FakeTemporal();
    server = await startTestServer(temporal, () => now);
    folder = await mkdtemp(join(tmpdir(), 'millrace-triggers-'));
    const rest = { project: 'default', user: 'ada', log: pino({ level: 'silent' }), now: () => now };
    context = { ...server.stores, ...rest, temporal };
    await add('downstream');
    await add('by-day', DAYS);
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
}

/** It is then. */
export function setNow(at: number): void {
  now = at;
}

export async function add(name: string, partitions: Partitions | null = null, code = 'exports.default = 1;') {
  const { compiled, blobs } = samplePipeline(name, { partitions, code });
  for (const [digest, bytes] of blobs) await server.client.putBlob(digest, bytes);
  await server.client.addPipeline(compiled);
}

/** Asks for more than any worker of the suites has. */
export async function addLarge(name: string) {
  const { compiled } = samplePipeline(name);
  const { load } = compiled.ir.steps;
  if (load === undefined) throw new Error('the sample has no such step');
  const settings = { ...load.settings, resources: { ...load.settings.resources, memory: 2 ** 40 } };
  const ir = { ...compiled.ir, steps: { load: { ...load, settings } } };
  await server.client.addPipeline({ ...compiled, ir, irDigest: digestOfJson(ir) });
}

export const create = (name: string, on: CreateTrigger['on'], changes: Partial<CreateTrigger> = {}) =>
  server.client.createTrigger({ name, pipeline: 'downstream', params: { source: 's' }, on, ...changes });

export const upstream = { kind: 'runEnded', pipeline: 'upstream' } as const;

export async function endRun(
  id: string,
  status: 'succeeded' | 'failed' = 'succeeded',
  partition: string | null = null,
) {
  const { runs } = server.stores.metadata;
  await runs.create(newRun(id, { pipeline: 'upstream', partition }));
  await runs.end(id, { status, output: null, error: null, at: now });
}

export async function measure(run: string, value: number): Promise<void> {
  const { tasks } = server.stores.metadata;
  await tasks.record(run, [transition('monitor', 1)]);
  const attempt = { runId: run, path: 'monitor', attempt: 1 };
  await tasks.startAttempt({ ...attempt, worker: 'w', queue: 'cpu', startedAt: 1 });
  await tasks.saveMetrics(attempt, [{ name: 'psi', step: 0, value }]);
  await endRun(run);
  await fireEvents(context);
}

export const outcomes = async (trigger: string) =>
  (await server.client.firings(trigger)).items.map(({ outcome }) => outcome).reverse();
export const kinds = async () => (await server.stores.metadata.events.after(0, 100)).map(({ kind }) => kind);
