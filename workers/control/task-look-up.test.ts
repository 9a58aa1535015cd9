import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile, definePipeline, defineStep } from '../../dsl/index.ts';
import type { CodeRef, CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { StepContract } from '../../ir/step-contract.ts';
import type { NewRun } from '../../store/metadata/run-table.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import { keyNow } from '../host/look-up.ts';
import { lookUpTasks } from './task-look-up.ts';

const read = defineStep({
  name: 'read',
  input: z.object({ path: z.string() }),
  output: z.object({ rows: z.number() }),
  sources: ['path'],
}).implement(() => ({ rows: 1 }));
const { ir } = compile(definePipeline({ name: 'reader' }, () => read({ path: 'data.csv' })));
const contract = ir.steps.read ?? expect.fail('the pipeline has no step read');
const code: CodeRef = { kind: 'package', digest: `sha256:${'a'.repeat(64)}` };

let home = '';
let data = '';
let stores: Stores;
let secrets: Record<string, string>;
let runs = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-look-up-'));
  stores = await openStores({ home, project: 'default' });
});
afterAll(async () => {
  await stores.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  runs += 1;
  data = join(home, `data-${runs}.csv`);
  await writeFile(data, 'old rows');
  secrets = { MILLRACE_SECRET_KEY: 'first' };
});

function dispatchOf(changes: Partial<StepContract> = {}): TaskDispatch {
  const task = { project: 'default', runId: 'now', pipeline: 'reader', path: 'read' };
  const changed = { ...contract, ...changes };
  const input = { path: data };
  return { task, contract: changed, settings: changed.settings, code, input, reads: {}, cacheKey: null };
}

/** A run of nothing yet. */
async function newRun(id: string, changes: Partial<NewRun> = {}): Promise<string> {
  const of = {
    pipeline: 'reader',
    pipelineVersion: 1,
    compiledDigest: '',
    driver: 'local',
    submittedBy: 'me',
  } as const;
  const none = { name: null, workflowId: null, logicalTime: null, partition: null, schedule: null, retryOf: null };
  await stores.metadata.runs.create({ id, ...of, ...none, params: {}, rerunFrom: [], ...changes });
  return id;
}

/** A run in which the task succeeded, and which kept its result unless the cache was off for it. */
async function earlier(
  dispatch: TaskDispatch,
  key?: string | null,
  output: JsonObject = { rows: 1 },
  origin: TaskOrigin | null = null,
): Promise<string> {
  const id = await newRun(`r${runs}`);
  const now = key === undefined ? await keyNow(dispatch, envSecrets(secrets)) : null;
  const shape = { sequence: 1, kind: 'task', step: 'read', status: 'succeeded', at: 1, failure: null } as const;
  const cache = { key: now?.key ?? null, reason: 'noEntry', detail: '', origin } as const;
  const { input } = dispatch;
  await stores.metadata.tasks.record(id, [{ ...shape, path: 'read', input, output, cache, detail: {} }]);
  if (now) {
    const where = { pipeline: 'reader', step: 'read', runId: id, path: 'read', createdAt: Date.now() };
    await stores.metadata.cache.put({ ...now, ...where, output });
  }
  return id;
}

function artifactAt(uri: string): JsonObject {
  return { artifact: 'file', digest: `sha256:${'0'.repeat(64)}`, uri, size: 1, metadata: {} };
}

async function retry(dispatch: TaskDispatch, retryOf: string) {
  const steps = { read: dispatch.contract };
  const pipeline: CompiledPipeline = {
    millrace: 1,
    ir: { ...ir, steps },
    irDigest: '',
    code: { read: code },
    packages: {},
  };
  const compiled = { get: async () => pipeline, package: () => Promise.reject(new Error('none')) };
  const [lookup] = await lookUpTasks([{ dispatch, retryOf }], stores, compiled, envSecrets(secrets));
  return lookup ?? expect.fail('no look-up came back');
}

describe('what a retry takes over', () => {
  it('is what outside data has left as it was, and can be compared again', async () => {
    const dispatch = dispatchOf();
    const run = await earlier(dispatch);
    const lookup = await retry(dispatch, run);
    expect(lookup).toMatchObject({
      hit: true,
      reason: 'reused',
      output: { rows: 1 },
      detail: `taken over from run ${run}`,
      origin: { runId: run, path: 'read' },
    });
    expect(lookup.key).toBe((await keyNow(dispatch, envSecrets(secrets)))?.key);
  });

  it('is nothing that was read from a file that has changed since, or is gone', async () => {
    const dispatch = dispatchOf();
    const run = await earlier(dispatch);
    await writeFile(data, 'mended rows');
    expect(await retry(dispatch, run)).toMatchObject({
      ...{ hit: false, reason: 'noEntry', output: null },
      detail: `Not taken over from run ${run}, for it differs in: source path.`,
    });
    await rm(data);
    expect(await retry(dispatch, run)).toMatchObject({
      hit: false,
      detail: expect.stringContaining("Nothing tells whether what input 'path' points at has changed."),
    });
  });

  it('is nothing that was made with another version of a secret', async () => {
    const dispatch = dispatchOf({
      settings: { ...contract.settings, secrets: { token: { secret: 'key', version: null } } },
    });
    const run = await earlier(dispatch);
    expect(await retry(dispatch, run)).toMatchObject({ hit: true, reason: 'reused' });
    secrets.MILLRACE_SECRET_KEY = 'second';
    expect(await retry(dispatch, run)).toMatchObject({
      hit: false,
      detail: expect.stringContaining('it differs in: secret token.'),
    });
  });

  it('is nothing that another program made', async () => {
    const program = join(home, 'program');
    await writeFile(program, '#!/bin/sh\necho one\n');
    await chmod(program, 0o755);
    const dispatch = dispatchOf({
      sources: [],
      implementation: { kind: 'process', command: [program], files: [], environment: [] },
    });
    const run = await earlier(dispatch);
    expect(await retry(dispatch, run)).toMatchObject({ hit: true, reason: 'reused' });
    await writeFile(program, '#!/bin/sh\necho two\n');
    expect(await retry(dispatch, run)).toMatchObject({
      hit: false,
      detail: expect.stringContaining(`it differs in: program ${program}.`),
    });
  });

  it('says what it could not compare, where the earlier run kept no record of it', async () => {
    const dispatch = dispatchOf();
    const run = await earlier(dispatch, null);
    await writeFile(data, 'mended rows');
    expect(await retry(dispatch, run)).toEqual({
      ...{ hit: true, reason: 'reused', output: { rows: 1 }, key: null, origin: { runId: run, path: 'read' } },
      detail: `taken over from run ${run}; not compared, for that run has no record of it: source path`,
    });
  });

  it('is nothing whose artifacts lie elsewhere, as after a move of the home', async () => {
    const dispatch = dispatchOf({ sources: [] });
    const run = await earlier(dispatch, null, { made: artifactAt('file:///somewhere/else') });
    expect(await retry(dispatch, run)).toMatchObject({ hit: false, reason: 'noEntry' });
  });

  it('is compared, where it is another task now, with that run, whatever later ones have kept', async () => {
    const run = await earlier(dispatchOf({ sources: [] }));
    const parts = { later: 'x' };
    const later = { pipeline: 'reader', step: 'read', runId: 'later', path: 'read', createdAt: Date.now() + 1_000 };
    await stores.metadata.cache.put({ ...later, key: 'later', parts, output: { rows: 2 } });
    const edited = { ...dispatchOf({ sources: [] }), input: { path: data, from: 2 } };
    expect(await retry(edited, run)).toMatchObject({
      hit: false,
      detail: `Not taken over from run ${run}, for it differs in: input from.`,
    });
    await stores.metadata.cache.delete('later');
  });

  it('comes from the task that made it, where the retried run had not run it either', async () => {
    const dispatch = dispatchOf({ sources: [] });
    const origin = { runId: 'r0', path: 'load' };
    const run = await earlier(dispatch, null, { rows: 1 }, origin);
    expect(await retry(dispatch, run)).toMatchObject({ reason: 'reused', origin });
  });

  it('needs no record where nothing outside is read', async () => {
    const dispatch = dispatchOf({ sources: [] });
    const run = await earlier(dispatch, null);
    expect(await retry(dispatch, run)).toMatchObject({ reason: 'reused', detail: `taken over from run ${run}` });
  });
});

describe('what a retry of a retry takes over', () => {
  let dispatch: TaskDispatch;
  beforeEach(() => {
    dispatch = dispatchOf({ sources: [] });
  });
  /** A retry that told of the task what is given, if anything. */
  async function retryOfIt(run: string, told?: 'failed' | 'cancelled' | 'skipped', changes: Partial<NewRun> = {}) {
    const id = await newRun(`${run}-again`, { retryOf: run, ...changes });
    const shape = { path: 'read', sequence: 1, kind: 'task', step: 'read', at: 1, failure: null } as const;
    const { input } = dispatch;
    const transition = { ...shape, input, output: null, cache: null, detail: {} };
    if (told) await stores.metadata.tasks.record(id, [{ ...transition, status: told }]);
    await stores.metadata.runs.end(id, { status: 'cancelled', output: null, error: null, at: 2 });
    return id;
  }
  const takenFrom = (run: string) => ({
    ...{ hit: true, reason: 'reused', output: { rows: 1 }, detail: `taken over from run ${run}` },
    origin: { runId: run, path: 'read' },
  });

  it('is what the first run did, where those after it did not get as far', async () => {
    const run = await earlier(dispatch, null);
    const second = await retryOfIt(run);
    expect(await retry(dispatch, second)).toMatchObject(takenFrom(run));
    expect(await retry(dispatch, await retryOfIt(second))).toMatchObject(takenFrom(run));
  });

  it.each(['failed', 'cancelled', 'skipped'] as const)(
    'is it, too, where the retried run has it as %s',
    async (told) => {
      const run = await earlier(dispatch, null);
      expect(await retry(dispatch, await retryOfIt(run, told))).toMatchObject(takenFrom(run));
    },
  );

  it('names the task that made it, where the first run had taken it over', async () => {
    const origin = { runId: 'r0', path: 'load' };
    const run = await earlier(dispatch, null, { rows: 1 }, origin);
    expect(await retry(dispatch, await retryOfIt(run))).toMatchObject({ reason: 'reused', origin });
  });

  it('is nothing that differs by now, nor what a run between them was told to run anew', async () => {
    const run = await earlier(dispatch, null);
    const second = await retryOfIt(run);
    const edited = { ...dispatch, input: { path: data, from: 2 } };
    expect(await retry(edited, second)).toMatchObject({
      hit: false,
      detail: `Not taken over from run ${run}, for it differs in: input from.`,
    });
    const rerun = await retryOfIt(second, undefined, { rerunFrom: ['read'] });
    const anew = { hit: false, detail: `Not taken over from run ${rerun}, for it had no such task.` };
    expect(await retry(dispatch, rerun)).toMatchObject(anew);
    expect(await retry(dispatch, await retryOfIt(rerun))).toMatchObject({ hit: false });
  });

  it('is what a rerun of other tasks left alone', async () => {
    const run = await earlier(dispatch, null);
    const rerun = await retryOfIt(run, undefined, { rerunFrom: ['another'] });
    expect(await retry(dispatch, rerun)).toMatchObject(takenFrom(run));
  });
});
