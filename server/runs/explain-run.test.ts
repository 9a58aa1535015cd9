import { describe, expect, it } from 'vitest';
import type { CacheRecord, Transition } from '../../ir/protocol/transition.ts';
import { transition } from '../../store/metadata/task-table.suite.ts';
import { ApiError } from '../client.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const server = testServer(new FakeTemporal());

/** A run of code of its own, with what its tasks noted. */
async function runOf(id: string, code: string, tasks: readonly Transition[]) {
  const { compiled, blobs } = samplePipeline('explained', { code });
  for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
  const { compiledDigest } = await server().client.addPipeline(compiled);
  await server().client.submitRun({ compiledDigest, params: { source: 'a' }, runId: id });
  await server().stores.metadata.tasks.record(id, tasks);
  return compiled.code.load?.kind === 'package' ? compiled.code.load.digest : expect.fail('it has no package');
}

function noted(path: string, changes: Partial<CacheRecord>, more: Partial<Transition> = {}): Transition {
  const cache = { key: 'k', reason: 'noEntry', detail: `Of ${path}.`, origin: null, ...changes } as const;
  return transition(path, 1, { step: 'load', status: 'succeeded', cache, ...more });
}

describe('an explanation', () => {
  it('has, of a miss, what each part was and is, as far as it may be told', async () => {
    const before = { day: '2026-01-01', token: 'abc', limit: 1 };
    const then = await runOf('then', 'exports.default = 1;', [noted('load', {}, { input: before })]);
    const parts = ['code', 'contract', 'input day', 'input more', 'input token', 'secret key'];
    const input = { day: '2026-01-02', token: 'abd', limit: 1, more: true };
    const compared = { runId: 'then', path: 'load', parts };
    const now = await runOf('now', 'exports.default = 2;', [noted('load', { compared }, { input })]);
    const { tasks } = await server().client.explainRun('now');
    expect(tasks).toEqual([
      {
        ...{ path: 'load', step: 'load', verdict: 'missed', detail: 'Of load.', origin: null },
        compared: { runId: 'then', path: 'load' },
        differences: [
          { part: 'code', before: then, after: now },
          { part: 'contract', before: null, after: null },
          { part: 'input day', before: '"2026-01-01"', after: '"2026-01-02"' },
          { part: 'input more', before: null, after: 'true' },
          { part: 'input token', before: '(masked)', after: '(masked)' },
          { part: 'secret key', before: null, after: null },
        ],
        next: "millrace runs get then --path 'load'",
      },
    ]);
    expect(then).not.toBe(now);
  });

  it('says of every task what became of it, of a scope’s alone where one is named', async () => {
    const origin = { runId: 'then', path: 'load' };
    await runOf('all', 'exports.default = 1;', [
      transition('days', 1, { kind: 'fanOut', step: null }),
      noted('days[0]/load', { reason: 'hit', origin }),
      noted('days[1]/load', { reason: 'reused', origin }),
      noted('later', { reason: 'underWay', origin }, { status: 'waiting' }),
      noted('off', { reason: 'off' }),
      noted('refresh', { reason: 'refresh' }),
      noted('old', { reason: 'expired', compared: { ...origin, parts: [] } }),
      transition('skipped', 1, { status: 'skipped', detail: { because: "'load' failed" } }),
    ]);
    const { tasks } = await server().client.explainRun('all');
    expect(Object.fromEntries(tasks.map(({ path, verdict }) => [path, verdict]))).toEqual({
      ...{ 'days[0]/load': 'hit', 'days[1]/load': 'reused', later: 'waits', off: 'notLookedUp' },
      ...{ refresh: 'notLookedUp', old: 'missed', skipped: 'notRun' },
    });
    expect(tasks.find(({ path }) => path === 'skipped')?.detail).toBe("It was skipped: 'load' failed.");
    const ofDays = (await server().client.explainRun('all', 'days')).tasks;
    expect(ofDays.map(({ path }) => path)).toEqual(['days[0]/load', 'days[1]/load']);
  });

  it('is of what there is', async () => {
    const refusal = (id: string, path?: string) =>
      server()
        .client.explainRun(id, path)
        .catch((error: unknown) => (error instanceof ApiError ? error : expect.fail(String(error))));
    await runOf('small', 'exports.default = 1;', [noted('load', {})]);
    expect(await refusal('small', 'lod')).toMatchObject({
      code: 'notFound',
      next: expect.stringContaining('runs get'),
    });
    expect(await refusal('nothing')).toMatchObject({ code: 'notFound' });
    expect((await server().client.explainRun('small', 'load')).tasks).toHaveLength(1);
  });

  it('does without a run whose record is gone', async () => {
    const compared = { runId: 'forgotten', path: 'load', parts: ['code', 'input day'] };
    await runOf('lonely', 'exports.default = 1;', [noted('load', { compared }, { input: { day: 1 } })]);
    const [task] = (await server().client.explainRun('lonely')).tasks;
    expect(task?.differences).toMatchObject([{ before: null }, { part: 'input day', before: null, after: '1' }]);
  });
});
