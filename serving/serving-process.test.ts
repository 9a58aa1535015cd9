import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../ir/json.ts';
import { openStores, type Stores } from '../store/open-stores.ts';
import { rolloutActivities } from '../workers/control/rollout-activities.ts';
import { rollout } from '../workflows/rollout.ts';
import { buildServing, SERVING_MAIN } from './testing/build-serving.suite.ts';
import { openClient, scoringRows } from './testing/open-client.suite.ts';
import { scoringModel, writeModelFile, writeModelFolder } from './testing/tiny-models.suite.ts';

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly client: ReturnType<typeof openClient>;
}

let home: string;
let stores: Stores;
let started: Started[];

beforeAll(buildServing);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-serving-'));
  stores = await openStores({ home, project: 'default' });
  started = [];
});
afterEach(async () => {
  for (const { client, child } of started) {
    client.close();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
  await stores.close();
  await rm(home, { recursive: true, force: true });
});

async function start(): Promise<Started> {
  const serving = await spawn();
  while ((await serving.client.get('/v2/health/ready')).status !== 200) await delay(20);
  return serving;
}

async function spawn(): Promise<Started> {
  const child = fork(SERVING_MAIN, {
    env: { PATH: process.env.PATH, MILLRACE_HOME: home },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [message] = (await once(child, 'message')) as [{ kind: string; url: string }];
  expect(message).toEqual({ kind: 'ready', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  const serving = { child, url: message.url, client: openClient(message.url) };
  started.push(serving);
  return serving;
}

async function end({ child }: Started, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Brings a model to the endpoint `flights` by a real rollout over the real store. */
async function promote(source: string, more: JsonObject = {}) {
  const artifact = await stores.artifacts.put('model', source, {});
  const task = {
    project: 'default',
    runId: `run-${artifact.digest.slice(7, 15)}`,
    pipeline: 'flights',
    path: 'promote',
  };
  const port = { ...rolloutActivities(stores.metadata), sleep: (ms: number) => delay(ms), now: async () => Date.now() };
  return rollout({ task, input: { model: artifact, endpoint: 'flights', ...more } }, port);
}

const file = (version: number) => writeModelFile(join(home, 'made', `v${version}.onnx`), scoringModel(version));

async function expectAnswer({ client }: Started, version: number): Promise<void> {
  const { status, body } = await client.send('POST', '/v2/models/flights/infer', scoringRows([7]));
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { model_version: String(version), outputs: [{ data: [version * 1000 + 7] }, {}, {}] },
  });
}

describe('a serving process', () => {
  it('serves what a rollout brings, goes on to the next by canary, and back from one that cannot be loaded', async () => {
    const serving = await start();
    expect((await serving.client.get('/v2/models/flights')).status).toBe(404);

    const folder = await writeModelFolder(join(home, 'made', 'v1'), scoringModel(1), {
      date: 1,
      origin: 'SFO',
      distance: 7,
    });
    expect(await promote(folder)).toMatchObject({ version: 1, status: 'promoted', reason: null });
    await expectAnswer(serving, 1);

    const canary = await promote(await file(2), { strategy: { canary: [50, 100], bake: '10ms' } });
    expect(canary).toMatchObject({ version: 2, status: 'promoted', reason: null });
    await expectAnswer(serving, 2);

    const bad = await promote(await writeModelFile(join(home, 'made', 'bad.onnx'), Buffer.from('not a model')));
    expect(bad).toMatchObject({ version: 3, status: 'rolledBack' });
    expect(bad.reason).toContain('flights v3 could not be loaded');
    await expectAnswer(serving, 2);
    expect(await stores.metadata.registry.alias('flights', 'champion')).toMatchObject({ version: 2 });
    expect((await stores.metadata.registry.history('flights')).items).toMatchObject([
      { from: 1, to: 2 },
      { from: null, to: 1 },
    ]);
  });

  it('serves what was promoted before there was any replica', async () => {
    expect((await promote(await file(1))).reason).toContain('no replica is live');
    await expectAnswer(await start(), 1);
  });

  it('answers again after SIGKILL and a new start, and does not hold up the next rollout', async () => {
    const first = await start();
    await promote(await file(1));
    await end(first, 'SIGKILL');
    const second = await start();
    await expectAnswer(second, 1);
    expect(await promote(await file(2))).toMatchObject({ status: 'promoted', reason: null });
    await expectAnswer(second, 2);
  });

  it('ends requests under way on SIGTERM, takes its row away and exits with 0', async () => {
    const serving = await start();
    await promote(await file(1));
    expect(await stores.metadata.endpoints.liveReplicas(Date.now())).toMatchObject([{ url: serving.url }]);

    const body = JSON.stringify(scoringRows([7]));
    const headers = { 'content-length': Buffer.byteLength(body) };
    const slow = request(new URL('/v2/models/flights/infer', serving.url), { method: 'POST', headers });
    const answered = once(slow, 'response');
    slow.write(body.slice(0, 20));
    await delay(50);
    const exited = once(serving.child, 'exit');
    serving.child.kill('SIGTERM');
    await delay(50);
    slow.end(body.slice(20));
    const [response] = await answered;
    expect(response).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
    response.resume();
    expect(await exited).toEqual([0, null]);
    expect(await stores.metadata.endpoints.liveReplicas(Date.now())).toEqual([]);
    await expect(serving.client.get('/v2')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends when its parent lets go', async () => {
    const { child } = await start();
    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });
});

describe('without its store', () => {
  const removeMetadata = async () => {
    await stores.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(join(home, `metadata.sqlite${suffix}`), { force: true });
  };

  it('answers on, and starts from what it last applied', async () => {
    const first = await start();
    await promote(await file(1));
    await removeMetadata();
    // A folder in the file's place: the store cannot be opened.
    await mkdir(join(home, 'metadata.sqlite'));
    await delay(600);
    await expectAnswer(first, 1);
    await end(first, 'SIGKILL');
    await expectAnswer(await start(), 1);
  });

  it('is live but not ready where nothing was ever applied, until the store answers', async () => {
    await promote(await file(1));
    await stores.close();
    await rename(join(home, 'metadata.sqlite'), join(home, 'aside.sqlite'));
    await mkdir(join(home, 'metadata.sqlite'));
    const serving = await spawn();
    expect(await serving.client.get('/v2/health/live')).toMatchObject({ status: 200 });
    expect(await serving.client.get('/v2/health/ready')).toMatchObject({ status: 503, body: { ready: false } });
    expect(await serving.client.get('/v2/models/flights')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { error: "This server is not ready to serve 'flights'. Try again soon." },
    });
    await rmdir(join(home, 'metadata.sqlite'));
    await rename(join(home, 'aside.sqlite'), join(home, 'metadata.sqlite'));
    while ((await serving.client.get('/v2/health/ready')).status !== 200) await delay(20);
    await expectAnswer(serving, 1);
  });

  it('serves on what a new, empty store does not know', async () => {
    const first = await start();
    await promote(await file(1));
    await end(first, 'SIGTERM');
    await removeMetadata();
    stores = await openStores({ home, project: 'default' });
    await expectAnswer(await start(), 1);
  });
});
