import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LossyProxy, startProxy } from '../../testing/lossy-proxy.ts';
import { findPostgres, type PostgresServer, startPostgres, WITHOUT_POSTGRES } from '../../testing/postgres-server.ts';
import { allChunks } from '../all-chunks.suite.ts';
import type { MetadataStore } from '../metadata-store.ts';
import type { NewRun } from '../run-table.ts';
import { openPostgresMetadata } from './open-postgres-metadata.ts';
import { postgresSettings } from './postgres-settings.ts';

const isThere = findPostgres() !== null;
/** As it is sent; `begin` has the word in it, too. */
const COMMIT = 'commit\0';
const RUN: NewRun = {
  ...{ id: 'r', pipeline: 'p', pipelineVersion: 1, compiledDigest: 'd', name: null, driver: 'local', workflowId: null },
  ...{
    params: {},
    submittedBy: 'me',
    retryOf: null,
    rerunFrom: [],
    schedule: null,
    logicalTime: null,
    partition: null,
  },
};

describe.runIf(isThere)(`a PostgreSQL that is lost${isThere ? '' : ` (${WITHOUT_POSTGRES})`}`, () => {
  let server: PostgresServer;
  let proxy: LossyProxy;
  let direct: string;
  let store: MetadataStore;
  const open = (url: string) => {
    const settings = postgresSettings({ MILLRACE_METADATA: url });
    if (settings === null) throw new Error('The server has no address.');
    return openPostgresMetadata({ settings, project: 'default', application: 'millrace-test' });
  };
  const count = async (table: string) =>
    Number((await server.query<{ n: string }>(direct, `select count(*) as n from ${table}`))[0]?.n);

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    proxy = await startProxy(server.port);
    direct = await server.createSchema();
    store = await open(direct.replace(`:${server.port}/`, `:${proxy.port}/`));
  });
  afterEach(async () => {
    await store.close();
    await proxy.stop();
  });

  it.each(['before', 'after'] as const)('%s a commit is done all the same, and once', async (when) => {
    const created = proxy.cut(COMMIT, when);
    const run = await store.runs.create(RUN);
    await created;
    expect(run).toMatchObject({ id: 'r', status: 'pending' });
    expect(await count('runs')).toBe(1);

    const claimed = proxy.cut(COMMIT, when);
    expect(await store.runs.claim('r', { pid: 7, host: 'h', startedAt: null })).toBe(true);
    await claimed;

    const set = proxy.cut(COMMIT, when);
    const endpoint = { name: 'e', traffic: [], updatedBy: 'me' };
    expect(await store.endpoints.set(endpoint, 0)).toMatchObject({ generation: 1 });
    await set;
    expect(await store.endpoints.get('e')).toMatchObject({ generation: 1 });
  });

  it('in the middle of a statement that reads is asked again', async () => {
    await store.runs.create(RUN);
    const cut = proxy.cut('from "runs"', 'after');
    expect(await store.runs.get('r')).toMatchObject({ id: 'r' });
    await cut;
  });

  it('by SIGKILL and is back keeps what it told of, and takes what waited for it', async () => {
    let stop = false;
    let next = 0;
    const told: number[] = [];
    const write = async () => {
      for (let chunk = next++; !stop; chunk = next++) {
        await store.tasks.appendLog({ runId: 'r', path: 'p', attempt: 1, chunk, lines: [] });
        told.push(chunk);
      }
    };
    const writers = Promise.all(Array.from({ length: 8 }, write));
    await expect.poll(() => told.length).toBeGreaterThan(100);
    await server.kill();
    await server.restart();
    const before = told.length;
    await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(before + 100);
    stop = true;
    await writers;
    const kept = (await allChunks(store.tasks, 'r')).map(({ chunk }) => chunk);
    expect([...kept].sort((left, right) => left - right)).toEqual([...told].sort((left, right) => left - right));
    expect(await count('log_chunks')).toBe(told.length);
  });

  it('ends no process that has its store open and does nothing', async () => {
    await server.kill();
    await server.restart();
    expect(await store.runs.get('none')).toBeNull();
  });

  it('leaves no mark of a store that was closed', async () => {
    await store.runs.create(RUN);
    expect(await count('write_marks')).toBe(1);
    await store.close();
    expect(await count('write_marks')).toBe(0);
  });
});
