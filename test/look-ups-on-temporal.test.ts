import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, fanOut } from '../dsl/index.ts';
import type { RunRequest } from '../ir/protocol/run-request.ts';
import type { Transition } from '../ir/protocol/transition.ts';
import { RUN_WORKFLOW } from '../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../ir/step-contract.ts';
import type { NewRun } from '../store/metadata/run-table.ts';
import { openStores, type Stores } from '../store/open-stores.ts';
import type { TaskHost } from '../workers/host/task-host.ts';
import type { WorkerSettings } from '../workers/settings.ts';
import { queueWorker } from '../workers/temporal/queue-workers.ts';
import { compiledOf } from '../workflows/interpreter-driver.suite.ts';
import { showHistory } from './support/recorded-history.ts';
import { ownNamespace } from './support/temporal-driver.ts';

const ITEMS = Array.from({ length: 20 }, (_, item) => item);
const note = defineStep({
  name: 'note',
  input: z.object({ item: z.number() }),
  output: z.object({ text: z.string() }),
}).implement(async () => expect.fail('All of them are reused.'));
const compiled = compiledOf(
  definePipeline({ name: 'notes' }, () => {
    fanOut(ITEMS, (item) => note({ item }));
  }),
);
const RUN: Omit<NewRun, 'id' | 'retryOf' | 'rerunFrom'> = {
  ...{ pipeline: 'notes', pipelineVersion: 1, compiledDigest: compiled.irDigest, name: null, driver: 'temporal' },
  ...{ workflowId: null, params: {}, submittedBy: 'me', logicalTime: null, partition: null, schedule: null },
};
const NO_HOST: TaskHost = { run: () => Promise.reject(new Error('Nothing is to run.')), close: async () => true };

/** Each is about as large as an output may be: sixteen go in an answer. */
function done(item: number): Transition {
  const output = { text: 'x'.repeat(1_000_000) };
  const shape = { failure: null, cache: null, detail: {}, at: 1, sequence: item + 1 };
  return {
    path: `fanOut[${item}]/note`,
    kind: 'task',
    step: 'note',
    status: 'succeeded',
    input: { item },
    output,
    ...shape,
  };
}

let home = '';
let stores: Stores;
let native: NativeConnection;
let connection: Connection;
let namespace = '';
let worker: Worker;
let working: Promise<void>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-put-off-'));
  stores = await openStores({ home, project: 'default' });
  const address = inject('temporalAddress');
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
  namespace = await ownNamespace(connection);
  const pipelines = { get: async () => compiled, package: () => Promise.reject(new Error('There is no code.')) };
  const settings = { id: 'control', graceMs: 1_000, deployment: null } as WorkerSettings;
  const parts = { connection: native, namespace, settings, stores, compiled: pipelines, host: NO_HOST };
  worker = await queueWorker(CONTROL_QUEUE, parts);
  working = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await working;
  await Promise.all([native.close(), connection.close(), stores.close()]);
  await rm(home, { recursive: true, force: true });
});

describe('look-ups that find more than goes in one answer', () => {
  it('are put off and asked again by the run', async () => {
    const { runs, tasks } = stores.metadata;
    await runs.create({ ...RUN, id: 'first', retryOf: null, rerunFrom: [] });
    await tasks.record('first', ITEMS.map(done));
    await runs.create({ ...RUN, id: 'again', retryOf: 'first', rerunFrom: [] });
    const request: RunRequest = {
      ...{ project: 'default', runId: 'again', pipeline: 'notes', compiledDigest: compiled.irDigest, params: {} },
      ...{ logicalTime: null, partition: null, retryOf: 'first', rerunFrom: [] },
    };
    const start = { workflowId: 'again', taskQueue: CONTROL_QUEUE, args: [request] };
    const ended = await new Client({ connection, namespace }).workflow.execute(RUN_WORKFLOW, start);
    expect(ended).toEqual({ status: 'succeeded', error: null });
    const reused = (await tasks.list('again')).filter(({ kind }) => kind === 'task');
    expect(reused.map(({ path, status }) => [path, status])).toEqual(
      ITEMS.map((item) => [`fanOut[${item}]/note`, 'reused']),
    );
    expect(await roundsOf('again')).toBe(2);
  });
});

/** How often the run asked for answers: each local activity leaves a marker that names it. */
async function roundsOf(workflowId: string): Promise<number> {
  const history = await showHistory(namespace, workflowId);
  const markers = [...history.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data = '']) => atob(data));
  return markers.filter((text) => text.includes('"activity_type":"answerRequests"')).length;
}
