import { copyFile, mkdir, open, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { importArtifactStep } from '../../activities/import-artifact/import-artifact.ts';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { CacheLookup, TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { StepContract, TaskSettings } from '../../ir/step-contract.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { lookUp } from './look-up.ts';
import { envSecrets } from './secrets.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import {
  type DispatchChanges,
  dispatchOf,
  failureOf,
  type HostFixture,
  openHost,
  runTask,
  SETTINGS,
  stepModule,
} from './task-host.suite.ts';

const secrets: Record<string, string> = { MILLRACE_SECRET_KEY: 'first' };
const CACHED: Partial<TaskSettings> = { cache: { policy: 'on', ttlMs: null } };

let fixture: HostFixture;
let digest = '';
beforeAll(async () => {
  fixture = await openHost({ secrets: envSecrets(secrets) });
  const body = `
if (input.slowMs) await new Promise((r) => setTimeout(r, input.slowMs));
const made = await task.write('file', (path) => require('node:fs').writeFileSync(path, 'made ' + JSON.stringify(input)));
return { made };`;
  digest = (await fixture.packageOf(stepModule(body))).digest;
});
afterAll(() => fixture.close());

function task({
  code = { kind: 'package', digest },
  ...changes
}: DispatchChanges & { code?: TaskDispatch['code'] } = {}): TaskDispatch {
  const dispatch = dispatchOf(code, { ...changes, settings: { ...CACHED, ...changes.settings } });
  return { ...dispatch, task: { ...dispatch.task, path: changes.path ?? 'cached' } };
}

async function look(dispatch: TaskDispatch, now = Date.now()): Promise<CacheLookup> {
  const [found] = await lookUp([{ dispatch, retryOf: null }], fixture.stores, now, envSecrets(secrets));
  if (!found) throw new Error('No lookup came back.');
  return found;
}

let runs = 0;
/** Runs a task as the interpreter does: under the key that it was looked up with, in a run of its own. */
async function runAndKeep(dispatch: TaskDispatch, key?: string | null, inRun?: string) {
  if (!inRun) runs += 1;
  const cacheKey = key === undefined ? (await look(dispatch)).key : key;
  return runTask(fixture.host, { ...dispatch, cacheKey, task: { ...dispatch.task, runId: inRun ?? `kept-${runs}` } });
}

describe('a look-up', () => {
  it('finds the result of the same work in an earlier run', async () => {
    const dispatch = task({ input: { a: 1 }, path: 'same' });
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry', output: null });
    const output = await runAndKeep(dispatch);
    expect(await look(dispatch)).toEqual({
      key: (await look(dispatch)).key,
      hit: true,
      reason: 'hit',
      detail: `The result of run kept-${runs}, task 'same'.`,
      output,
      origin: { runId: `kept-${runs}`, path: 'same' },
    });
  });

  it('takes artifacts for what they are and what is told of them, not for where they lie', async () => {
    const ref: ArtifactRef = {
      artifact: 'file',
      digest: `sha256:${'d'.repeat(64)}`,
      uri: 's3://a/b',
      size: 1,
      metadata: {},
    };
    const [here, there] = [task({ input: { list: [ref] } }), task({ input: { list: [{ ...ref, uri: 'file:///c' }] } })];
    const told = task({ input: { list: [{ ...ref, metadata: { rows: 1 } }] } });
    const other = task({ input: { list: [{ ...ref, digest: `sha256:${'e'.repeat(64)}` }] } });
    expect((await look(here)).key).toBe((await look(there)).key);
    expect((await look(here)).key).not.toBe((await look(other)).key);
    expect((await look(here)).key).not.toBe((await look(told)).key);
  });

  it.each<[string, DispatchChanges]>([
    [
      'where it runs and for how long',
      { settings: { timeoutMs: 5, resources: { ...SETTINGS.resources, queue: 'gpu' } } },
    ],
    ['the description', { contract: { description: 'other words' } }],
    ['a fact of the run that the contract does not read', { reads: { runId: 'r9' } }],
  ])('does not ask for %s', async (_, change) => {
    expect((await look(task(change))).key).toBe((await look(task())).key);
  });

  it.each<[string, DispatchChanges]>([
    ['input n', { input: { n: 2 } }],
    ['env MODE', { settings: { env: { MODE: 'slow' } } }],
    ['contract', { contract: { effects: 'idempotent' } }],
    ['contract, read logicalTime', { contract: { reads: ['logicalTime'] }, reads: { logicalTime: '2026-01-01' } }],
  ])('says that the last result differs in: %s', async (what, change) => {
    const path = `differs-${what.replaceAll(/\W/g, '-')}`;
    await runAndKeep(task({ input: { n: 1 }, path }));
    const found = await look(task({ input: { n: 1 }, ...change, path }));
    expect(found).toMatchObject({
      hit: false,
      reason: 'noEntry',
      detail: `Differs from run kept-${runs} in: ${what}.`,
    });
  });

  it('does not compare with what other pipelines kept at the same place', async () => {
    const dispatch = task({ input: { n: 1 }, path: 'load' });
    await runAndKeep(dispatch);
    const other = { ...dispatch, input: { n: 2 }, task: { ...dispatch.task, pipeline: 'churn' } };
    expect((await look(other)).detail).toBe("Pipeline 'churn' has kept no result of 'load' yet.");
  });

  it('takes a default for what it stands for', async () => {
    const input = { type: 'object', properties: { n: { type: 'number', default: 3 } } } as const;
    const contract: Partial<StepContract> = { input };
    expect((await look(task({ contract }))).key).toBe((await look(task({ contract, input: { n: 3 } }))).key);
    expect((await look(task({ contract }))).key).not.toBe((await look(task({ contract, input: { n: 4 } }))).key);
  });

  it('misses when a secret has another value, and shows neither', async () => {
    const dispatch = task({ path: 'secret', settings: { secrets: { key: { secret: 'key', version: null } } } });
    await runAndKeep(dispatch);
    expect((await look(dispatch)).hit).toBe(true);
    secrets.MILLRACE_SECRET_KEY = 'second';
    expect((await look(dispatch)).detail).toContain('in: secret key.');
    delete secrets.MILLRACE_SECRET_KEY;
    expect(await look(dispatch)).toMatchObject({ key: null, reason: 'noFingerprint' });
    secrets.MILLRACE_SECRET_KEY = 'first';
    expect((await look(dispatch)).hit).toBe(true);
  });

  it('takes the same version of two secrets for two things', async () => {
    secrets.MILLRACE_SECRET_ONE__3 = 'a';
    secrets.MILLRACE_SECRET_TWO__3 = 'b';
    const keys = ['one', 'two'].map(async (secret) => {
      return (await look(task({ settings: { secrets: { key: { secret, version: '3' } } } }))).key;
    });
    const [one, two] = await Promise.all(keys);
    expect(one).not.toBeNull();
    expect(one).not.toBe(two);
  });

  it('looks twice at most for many tasks, and answers in their order', async () => {
    const known = task({ input: { many: 0 }, path: 'many' });
    await runAndKeep(known);
    const get = vi.spyOn(fixture.stores.metadata.cache, 'get');
    const off = task({ settings: { cache: { policy: 'off', ttlMs: null } } });
    const sought = [off, task({ input: { many: 1 } }), known, known].map((dispatch) => ({ dispatch, retryOf: null }));
    const found = await lookUp(sought, fixture.stores, Date.now());
    expect(found.map(({ reason }) => reason)).toEqual(['off', 'noEntry', 'hit', 'hit']);
    expect(get).toHaveBeenCalledTimes(2);
    get.mockRestore();
  });
});

describe('the same work at the same time', () => {
  let others = 0;
  /** A run under way, and a look of its task. */
  async function other(dispatch: TaskDispatch, awaited: TaskOrigin | null = null, id?: string) {
    const runId = id ?? `other-${++others}`;
    if (!id) await fixture.stores.metadata.runs.create({ ...newRun(runId), pipeline: 'p' });
    const sought = { dispatch: { ...dispatch, task: { ...dispatch.task, runId } }, retryOf: null, awaited };
    const [found] = await lookUp([sought], fixture.stores, Date.now(), envSecrets(secrets));
    return { ...(found ?? expect.fail()), runId };
  }

  it('is done by the first that asks; the next is told to wait, and has the result', async () => {
    const dispatch = task({ input: { at: 'once' }, path: 'once' });
    const first = await other(dispatch);
    expect(first).toMatchObject({ hit: false, reason: 'noEntry' });
    const second = await other(dispatch);
    expect(second).toMatchObject({
      ...{ hit: false, reason: 'underWay', key: first.key, origin: { runId: first.runId, path: 'once' } },
      detail: `Waits for run ${first.runId}, task 'once', which computes the same.`,
    });
    await runAndKeep(dispatch, first.key, first.runId);
    expect(await other(dispatch, second.origin, second.runId)).toMatchObject({
      ...{ hit: true, reason: 'hit', origin: { runId: first.runId, path: 'once' } },
      detail: `The result of run ${first.runId}, task 'once', which was waited for.`,
    });
  });

  it('is done by one of several that ask together', async () => {
    const dispatch = task({ input: { at: 'together' }, path: 'together' });
    await fixture.stores.metadata.runs.create({ ...newRun('together'), pipeline: 'p' });
    const sought = ['a', 'b', 'c'].map((path) => ({
      dispatch: { ...dispatch, task: { ...dispatch.task, runId: 'together', path } },
      retryOf: null,
    }));
    const found = await lookUp(sought, fixture.stores, Date.now(), envSecrets(secrets));
    expect(found.map(({ reason, origin }) => [reason, origin?.path])).toEqual([
      ['noEntry', undefined],
      ['underWay', 'a'],
      ['underWay', 'a'],
    ]);
  });

  it('is done anew by one that shall not look, unless it waited for the one that does it', async () => {
    const dispatch = task({
      input: { at: 'anew' },
      path: 'anew',
      settings: { cache: { policy: 'refresh', ttlMs: 1 } },
    });
    const first = await other(dispatch);
    expect(first.reason).toBe('refresh');
    const second = await other(dispatch);
    expect(second.reason).toBe('underWay');
    await runAndKeep(dispatch, first.key, first.runId);
    expect(await other(dispatch, second.origin, second.runId)).toMatchObject({ hit: true, reason: 'hit' });
    expect(await other(dispatch, { runId: 'another', path: 'anew' })).toMatchObject({ hit: false, reason: 'refresh' });
  });

  it('is done by each where it has effects', async () => {
    const dispatch = task({ input: { at: 'effects' }, path: 'effects', contract: { effects: 'idempotent' } });
    expect((await other(dispatch)).reason).toBe('noEntry');
    expect((await other(dispatch)).reason).toBe('noEntry');
  });

  it('is found though it was kept between the look and the claim', async () => {
    const dispatch = task({ input: { at: 'between' }, path: 'between' });
    const { cache } = fixture.stores.metadata;
    const claim = vi.spyOn(cache, 'claim').mockImplementationOnce(async (...given) => {
      claim.mockRestore();
      await runAndKeep(dispatch, given[0][0]?.key);
      return cache.claim(...given);
    });
    expect(await other(dispatch)).toMatchObject({ hit: true, origin: { runId: `kept-${runs}` } });
  });
});

describe('what is not taken from the cache', () => {
  it('is a task that shall run anew; its result is kept', async () => {
    const refresh = task({ path: 'refresh', settings: { cache: { policy: 'refresh', ttlMs: null } } });
    await runAndKeep(refresh);
    expect(await look(refresh)).toMatchObject({ hit: false, reason: 'refresh' });
    expect(await look(task({ path: 'refresh' }))).toMatchObject({ hit: true });
  });

  it.each<[CacheLookup['reason'], Parameters<typeof task>[0]]>([
    ['effects', { contract: { effects: 'external' } }],
    ['noFingerprint', { contract: { implementation: { kind: 'external' } } }],
    ['noFingerprint', { contract: { implementation: { kind: 'container', image: 'a:latest', command: [] } } }],
    ['noFingerprint', { code: { kind: 'none' } }],
    ['noFingerprint', { contract: { sources: ['from'] }, input: { from: 'ftp://host/file' } }],
  ])('has no key, for its %s', async (reason, change) => {
    expect(await look(task(change))).toMatchObject({ key: null, hit: false, reason });
  });

  it('is compared with the nearest of the newest, and names it', async () => {
    await runAndKeep(task({ input: { n: 1, m: 1 }, path: 'nearest' }));
    const near = `kept-${runs}`;
    await runAndKeep(task({ input: { n: 2, m: 2 }, path: 'nearest' }));
    expect(await look(task({ input: { n: 1, m: 3 }, path: 'nearest' }))).toMatchObject({
      detail: `Differs from run ${near} in: input m.`,
      compared: { runId: near, path: 'nearest', parts: ['input m'] },
    });
  });

  it('is older than it may be', async () => {
    const dispatch = task({ path: 'old', settings: { cache: { policy: 'on', ttlMs: 60_000 } } });
    await runAndKeep(dispatch);
    expect(await look(dispatch)).toMatchObject({ hit: true });
    expect(await look(dispatch, Date.now() + 90_500)).toMatchObject({
      ...{ hit: false, reason: 'expired' },
      detail: `The result of run kept-${runs}, task 'old' is 1.5 m old; this task takes none older than 1 m.`,
      compared: { runId: `kept-${runs}`, path: 'old', parts: [] },
    });
  });

  it('names an artifact that is gone', async () => {
    const dispatch = task({ input: { gone: true }, path: 'gone' });
    const { made } = (await runAndKeep(dispatch)) as unknown as { made: ArtifactRef };
    await rm(fileURLToPath(made.uri));
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'artifactGone' });
  });
});

describe('a command', () => {
  const command = (words: readonly string[], environment: readonly string[] | null = []) => {
    const declared = environment === null ? {} : { environment };
    return task({
      contract: { implementation: { kind: 'process', command: words, files: [], ...declared } },
      path: 'cmd',
    });
  };

  it('that declares no environment has no key, and the reason says what to do', async () => {
    expect(await look(command(['python3', 'train.py'], null))).toMatchObject({
      key: null,
      hit: false,
      reason: 'noFingerprint',
      detail: "Step 'work' declares no environment; name its lock files (process.environment) to have it cached.",
    });
    expect(await look(command(['python3', 'train.py'], ['uv.lock']))).toMatchObject({ reason: 'noEntry' });
  });

  it('misses when a program that it names by its path is another', async () => {
    const program = join(fixture.home, 'tool');
    const words = [program, join(fixture.home, 'none')];
    expect(await look(command(words))).toMatchObject({
      key: null,
      reason: 'noFingerprint',
      detail: `Nothing tells whether ${program}, which the command of step 'work' names, has changed. Put it into the pipeline's folder, or name it by the word under which PATH has it.`,
    });
    await writeFile(program, 'one');
    expect((await look(command(words))).detail).toContain(`${words[1]}, which the command`);
    expect((await look(command([program, fixture.home]))).key).toBeNull();
    const first = await look(command([program]));
    expect((await look(command([program]))).key).toBe(first.key);
    await writeFile(program, 'two');
    expect((await look(command([program]))).key).not.toBe(first.key);
  });
});

describe('what is not kept', () => {
  it('is the result of an attempt that a later one has replaced', async () => {
    const dispatch = task({ input: { slowMs: 500 }, path: 'zombie' });
    const { key: cacheKey } = await look(dispatch);
    const zombie = failureOf(runTask(fixture.host, { ...dispatch, cacheKey }));
    await delay(150);
    await fixture.stores.metadata.tasks.startAttempt({
      runId: dispatch.task.runId,
      path: dispatch.task.path,
      attempt: 2,
      worker: 'other',
      queue: 'cpu',
      startedAt: Date.now(),
    });
    expect((await zombie).name).toBe('AttemptReplaced');
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry' });
  });

  it('was made while its source changed', async () => {
    const file = join(fixture.home, 'moving.csv');
    await writeFile(file, 'one');
    const dispatch = task({ contract: { sources: ['from'] }, input: { from: file, slowMs: 300 }, path: 'moving' });
    const running = runAndKeep(dispatch);
    await delay(150);
    await writeFile(file, 'two');
    await running;
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry' });
    await writeFile(file, 'one');
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry' });
  });
});

describe('sources', () => {
  it('miss when a file changes behind its path, and hit when it is back', async () => {
    const file = join(fixture.home, 'source.csv');
    await writeFile(file, 'one');
    const dispatch = task({ contract: { sources: ['from'] }, input: { from: `file://${file}` }, path: 'source' });
    await runAndKeep(dispatch);
    await utimes(file, 1, 1);
    expect((await look(dispatch)).hit).toBe(true);
    await writeFile(file, 'two');
    expect((await look(dispatch)).detail).toContain('in: source from.');
    await writeFile(file, 'one');
    expect((await look(dispatch)).hit).toBe(true);
  });

  it('of a folder are those of its files, by name', async () => {
    const folder = join(fixture.home, 'sources');
    await mkdir(join(folder, 'in'), { recursive: true });
    await writeFile(join(folder, 'in', 'a'), '1');
    const before = await sourceFingerprint(folder);
    expect(before).not.toBeNull();
    expect(await sourceFingerprint(folder)).toBe(before);
    await writeFile(join(folder, 'in', 'b'), '1');
    expect(await sourceFingerprint(folder)).not.toBe(before);
  });

  it('of a folder read 64 MiB at the most, and then sizes, times and inodes', async () => {
    const folder = join(fixture.home, 'parts');
    await mkdir(folder);
    for (const name of ['a', 'b', 'c']) {
      await writeFile(join(folder, name), name);
      await truncate(join(folder, name), 30 << 20);
    }
    const before = await sourceFingerprint(folder);
    const touched = async (name: string) => {
      await utimes(join(folder, name), 1, 1);
      return sourceFingerprint(folder);
    };
    expect(await touched('b')).toBe(before);
    expect(await touched('c')).not.toBe(before);
  });

  it('of a file too big to read each time are its size, times and inode', async () => {
    const file = join(fixture.home, 'big.parquet');
    await writeFile(file, 'one');
    await truncate(file, (64 << 20) + 1);
    const before = await sourceFingerprint(file);
    expect(before).toMatch(/^file:size=67108865,inode=\d+,mtime=\d+,ctime=\d+$/);
    expect(await sourceFingerprint(file)).toBe(before);
    // Other content of the same size, with its old times put back, and another file in its place.
    const { atime, mtime } = await stat(file);
    const handle = await open(file, 'r+');
    await handle.write('two');
    await handle.close();
    await utimes(file, atime, mtime);
    const edited = await sourceFingerprint(file);
    expect(edited).not.toBe(before);
    await rename(file, `${file}.old`);
    await copyFile(`${file}.old`, file);
    await utimes(file, atime, mtime);
    expect(await sourceFingerprint(file)).not.toBe(edited);
  });

  it('are what importArtifact takes in', async () => {
    const { contract } = importArtifactStep;
    const file = join(fixture.home, 'imported.csv');
    await writeFile(file, 'a\n1\n');
    const imported = () => task({ contract, input: { uri: file, artifact: 'dataset' }, path: 'imported' });
    const { key } = await look(imported());
    expect(key).not.toBeNull();
    await writeFile(file, 'a\n2\n');
    expect((await look(imported())).key).not.toBe(key);
  });

  it('that are nowhere have no fingerprint; those left out are nothing', async () => {
    expect(await sourceFingerprint(join(fixture.home, 'nowhere'))).toBeNull();
    expect(await sourceFingerprint(['/nowhere', null])).toBeNull();
    expect(await sourceFingerprint(undefined)).toBe('nothing');
    expect(await sourceFingerprint(7)).toBeNull();
  });

  it('on the web go by their validator', async () => {
    let headers: Record<string, string> = { etag: '"v1"' };
    const server = createServer((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 405, headers).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.csv`;
    try {
      const first = await sourceFingerprint(url);
      expect(first).toBe('etag:"v1"');
      headers = { etag: '"v2"' };
      expect(await sourceFingerprint(url)).not.toBe(first);
      headers = { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT', 'content-length': '7' };
      expect(await sourceFingerprint(url)).toBe('modified:Thu, 01 Jan 2026 00:00:00 GMT,length:7');
      headers = {};
      expect(await sourceFingerprint(url)).toBeNull();
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    expect(await sourceFingerprint(url)).toBeNull();
  });
});
