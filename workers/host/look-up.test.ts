import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { CacheLookup, TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { StepContract } from '../../ir/step-contract.ts';
import { newRun } from '../../store/metadata/run-table.suite.ts';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import { lookUps } from './look-up.suite.ts';
import { lookUp } from './look-up.ts';
import { type DispatchChanges, SETTINGS } from './task-host.suite.ts';

const secrets: Record<string, string> = { MILLRACE_SECRET_KEY: 'first' };
const { fixture, task, look, runAndKeep, made } = lookUps(secrets);

describe('a look-up', () => {
  it('finds the result of the same work in an earlier run', async () => {
    const dispatch = task({ input: { a: 1 }, path: 'same' });
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'noEntry', output: null });
    const output = await runAndKeep(dispatch);
    expect(await look(dispatch)).toEqual({
      key: (await look(dispatch)).key,
      hit: true,
      reason: 'hit',
      detail: `The result of run kept-${made()}, task 'same'.`,
      output,
      origin: { runId: `kept-${made()}`, path: 'same' },
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
      detail: `Differs from run kept-${made()} in: ${what}.`,
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
    const get = vi.spyOn(fixture().stores.metadata.cache, 'get');
    const off = task({ settings: { cache: { policy: 'off', ttlMs: null } } });
    const sought = [off, task({ input: { many: 1 } }), known, known].map((dispatch) => ({ dispatch, retryOf: null }));
    const found = await lookUp(sought, fixture().stores, Date.now(), envSecrets({}));
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
    if (!id) await fixture().stores.metadata.runs.create({ ...newRun(runId), pipeline: 'p' });
    const sought = { dispatch: { ...dispatch, task: { ...dispatch.task, runId } }, retryOf: null, awaited };
    const [found] = await lookUp([sought], fixture().stores, Date.now(), envSecrets(secrets));
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
    await fixture().stores.metadata.runs.create({ ...newRun('together'), pipeline: 'p' });
    const sought = ['a', 'b', 'c'].map((path) => ({
      dispatch: { ...dispatch, task: { ...dispatch.task, runId: 'together', path } },
      retryOf: null,
    }));
    const found = await lookUp(sought, fixture().stores, Date.now(), envSecrets(secrets));
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
    const { cache } = fixture().stores.metadata;
    const claim = vi.spyOn(cache, 'claim').mockImplementationOnce(async (...given) => {
      claim.mockRestore();
      await runAndKeep(dispatch, given[0][0]?.key);
      return cache.claim(...given);
    });
    expect(await other(dispatch)).toMatchObject({ hit: true, origin: { runId: `kept-${made()}` } });
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
    const near = `kept-${made()}`;
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
      detail: `The result of run kept-${made()}, task 'old' is 1.5 m old; this task takes none older than 1 m.`,
      compared: { runId: `kept-${made()}`, path: 'old', parts: [] },
    });
  });

  it('names an artifact that is gone', async () => {
    const dispatch = task({ input: { gone: true }, path: 'gone' });
    const { made } = (await runAndKeep(dispatch)) as unknown as { made: ArtifactRef };
    await rm(fileURLToPath(made.uri));
    expect(await look(dispatch)).toMatchObject({ hit: false, reason: 'artifactGone' });
  });
});
