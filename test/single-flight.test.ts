import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunDetail } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { attemptCounts, statuses } from './support/run-facts.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000 });
const PIPELINE = resolve('test/support/shared-pipeline.suite.ts');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-shared-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each execution of the step, by the task and the attempt that it was of. */
async function executions(): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'ledger'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

const begun = (count: number) => until(`${count} executions`, async () => (await executions()).length >= count);
const hold = () => writeFile(join(folder, 'hold'), '');
const release = () => rm(join(folder, 'hold'), { force: true });
const clear = () => rm(join(folder, 'ledger'), { force: true });

/** How many tasks of all that were to be done were run. */
function ran(details: readonly RunDetail[]): number {
  return details.flatMap((detail) => Object.values(statuses(detail))).filter((status) => status === 'succeeded').length;
}

describe('equal runs at once', () => {
  let system: EmbeddedSystem;
  beforeAll(async () => {
    system = await startEmbedded(join(folder, 'home'));
  });
  afterAll(() => system?.stop());

  const submit = (what: string) => system.submit(PIPELINE, { folder, what });
  const detailOf = (runId: string) => system.client().run(runId);
  const waiting = (runId: string) =>
    until(`run ${runId} waits`, async () => {
      const { tasks } = await detailOf(runId);
      return tasks.length >= 2 && tasks.every(({ status }) => status === 'waiting');
    });

  it('do the work once, and both have its result', async () => {
    await clear();
    const runs = await Promise.all([submit('once'), submit('once')]);
    const details = await Promise.all(runs.map((run) => ended(system.client(), run)));
    for (const { run } of details) expect(run).toMatchObject({ status: 'succeeded', output: { size: 4, again: 4 } });
    expect(await executions()).toHaveLength(1);
    expect(ran(details)).toBe(1);
  });

  it('say what they wait for, in few events, and once more what came of it', async () => {
    await clear();
    await hold();
    const first = await submit('told');
    await begun(1);
    const second = await submit('told');
    await waiting(second);
    const said = await millrace('runs', 'get', second, '--home', system.home);
    expect(said.out).toMatch(new RegExp(`waits for run ${first} task (measure|again), which computes the same`));
    const before = await eventsOf(second);
    const looks = await until('it looks again', async () => {
      const now = await eventsOf(second);
      return now > before && now - before;
    });
    // Two tasks that wait together: a timer, a workflow task and one look-up for both.
    expect(looks).toBeLessThanOrEqual(8);
    await release();
    const detail = await ended(system.client(), second);
    expect(detail.run.status).toBe('succeeded');
    expect(new Set(Object.values(statuses(detail)))).toEqual(new Set(['cached']));
    expect(await executions()).toHaveLength(1);
    const explained = JSON.parse((await millrace('runs', 'explain', second, '--home', system.home, '-o', 'json')).out);
    expect(explained.tasks).toMatchObject([
      { verdict: 'hit', origin: { runId: first }, next: expect.stringContaining(`millrace runs get ${first}`) },
      { verdict: 'hit', origin: { runId: first } },
    ]);
  });

  it('do it once more at most when the worker is killed', async () => {
    await clear();
    await hold();
    const first = await submit('killed');
    await begun(1);
    const second = await submit('killed');
    await waiting(second);
    await system.kill('workers');
    await begun(2);
    await release();
    const details = await Promise.all([first, second].map((run) => ended(system.client(), run)));
    for (const { run } of details) expect(run).toMatchObject({ status: 'succeeded', output: { size: 6, again: 6 } });
    expect(await executions()).toEqual(['measure attempt 1', 'measure attempt 2']);
    expect(ran(details)).toBe(1);
    expect(details.map((detail) => attemptCounts(detail))).toEqual([{ measure: 2 }, {}]);
  });

  it('leave it to the next when the first is cancelled', async () => {
    await clear();
    await hold();
    const first = await submit('cancelled');
    await begun(1);
    const second = await submit('cancelled');
    await waiting(second);
    await system.client().cancelRun(first);
    await ended(system.client(), first);
    await release();
    const detail = await ended(system.client(), second);
    expect(detail.run).toMatchObject({ status: 'succeeded', output: { size: 9, again: 9 } });
    expect(await executions()).toHaveLength(2);
    expect(ran([detail])).toBe(1);
  });

  it('explain what differs, and do as they are told with the cache', async () => {
    await clear();
    const first = await ended(system.client(), await submit('explained'));
    const other = await ended(system.client(), await submit('explained otherwise'));
    const of = (run: string, ...more: string[]) => millrace('runs', 'explain', run, ...more, '--home', system.home);
    const told = JSON.parse((await of(other.run.id, 'measure', '-o', 'json')).out);
    expect(told.tasks.map(({ path }: { path: string }) => path)).toEqual(['measure']);
    const { tasks } = JSON.parse((await of(other.run.id, '-o', 'json')).out);
    const missed = tasks.find(({ verdict }: { verdict: string }) => verdict === 'missed');
    expect(missed).toMatchObject({
      differences: [{ part: 'input what', before: expect.any(String), after: '"explained otherwise"' }],
    });
    expect((await of(other.run.id, 'nowhere')).err).toContain("has no task 'nowhere'");
    const count = (await executions()).length;
    const refresh = [
      'run',
      PIPELINE,
      `folder=${folder}`,
      'what=explained',
      '--cache',
      'refresh',
      '--home',
      system.home,
    ];
    expect((await millrace(...refresh)).code).toBe(0);
    // Its second task takes what its first has just made: that is as new as was asked for.
    expect(await executions()).toHaveLength(count + 1);
    const off = ['run', PIPELINE, `folder=${folder}`, 'what=explained', '--cache', 'off', '--home', system.home];
    expect((await millrace(...off)).code).toBe(0);
    expect(await executions()).toHaveLength(count + 3);
    expect(first.run.status).toBe('succeeded');
  });

  async function eventsOf(runId: string): Promise<number> {
    const { workflowId } = (await detailOf(runId)).run;
    const { urls } = await system.record();
    const connection = await Connection.connect({ address: urls.temporal });
    try {
      const described = await new Client({ connection }).workflow.getHandle(workflowId ?? '').describe();
      return described.historyLength;
    } finally {
      await connection.close();
    }
  }
});

describe('equal local runs at once', () => {
  it('do the work once, too', async () => {
    await clear();
    const args = ['run', PIPELINE, `folder=${folder}`, 'what=local', '--local', '--home', join(folder, 'local')];
    const both = await Promise.all([millrace(...args, '-o', 'json'), millrace(...args, '-o', 'json')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(await executions()).toHaveLength(1);
  });
});
