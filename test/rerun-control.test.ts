import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Run } from '../server/client.ts';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { linkPackages } from './support/flights-example.ts';
import { LEDGER_PIPELINE, newLedger } from './support/ledger.ts';
import { attemptCounts, outputDigests, statuses } from './support/run-facts.ts';

vi.setConfig({ testTimeout: 180_000 });

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-control-'));
  await linkPackages(folder);
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

const SLOW = ['items[0]/slow', 'items[1]/slow', 'items[2]/slow'];

async function runsCommand(verb: 'cancel' | 'retry', runId: string): Promise<Run> {
  const detach = verb === 'retry' ? ['--detach'] : [];
  const { code, out, err } = await millrace('runs', verb, runId, ...detach, '--home', system.home, '-o', 'json');
  expect([code, err]).toEqual([0, '']);
  return (JSON.parse(out) as { run: Run }).run;
}

describe('runs cancel', () => {
  it('reaches the signal of every handler that is at work, and the run ends as cancelled', async () => {
    const ledger = await newLedger(folder, { held: true });
    const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
    await ledger.held(3);
    await runsCommand('cancel', runId);
    const detail = await ended(system.client(), runId);
    expect(detail.run.status).toBe('cancelled');
    expect((await ledger.lines('aborted')).map(({ path }) => path).sort()).toEqual(SLOW);
    const slow = detail.attempts.filter(({ path }) => SLOW.includes(path));
    expect(slow.map(({ attempt, status }) => [attempt, status])).toEqual(SLOW.map(() => [1, 'cancelled']));
    expect(attemptCounts(detail)).not.toHaveProperty('joinParts');
    expect(statuses(detail).open).toBe('succeeded');
  });
});

describe('runs retry', () => {
  it('keeps what succeeded and runs what did not', async () => {
    const ledger = await newLedger(folder);
    await writeFile(join(ledger.folder, 'broken'), '');
    const broken = await ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: ledger.folder }));
    expect(broken.run).toMatchObject({ status: 'failed', error: expect.stringContaining('It is broken.') });
    await rm(join(ledger.folder, 'broken'));
    const retried = await ended(system.client(), (await runsCommand('retry', broken.run.id)).id);
    expect(retried.run).toMatchObject({ status: 'succeeded', retryOf: broken.run.id });
    const reused = Object.fromEntries(['open', ...SLOW].map((path) => [path, 'reused']));
    expect(statuses(retried)).toEqual({ ...reused, joinParts: 'succeeded' });
    expect(attemptCounts(retried)).toEqual({ joinParts: 1 });
    expect(await ledger.lines('began')).toHaveLength(1 + SLOW.length + 2);
    expect(outputDigests(retried)).toMatchObject(
      Object.fromEntries(SLOW.map((path) => [path, outputDigests(broken)[path]])),
    );
  });

  it('keeps what succeeded before a cancellation', async () => {
    const ledger = await newLedger(folder, { held: true });
    const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
    await ledger.held(3);
    await runsCommand('cancel', runId);
    await ended(system.client(), runId);
    await ledger.release();
    const retried = await ended(system.client(), (await runsCommand('retry', runId)).id);
    expect(retried.run.status).toBe('succeeded');
    expect(statuses(retried).open).toBe('reused');
    expect(attemptCounts(retried)).toEqual(Object.fromEntries([...SLOW, 'joinParts'].sort().map((path) => [path, 1])));
  });
});

/** Imports a file, and fails on what it should not hold. */
const CHECKED = `import { readFile } from 'node:fs/promises';
import { definePipeline, defineStep, file } from 'millrace';
import { importArtifact } from 'millrace/steps';
import { z } from 'zod';
const check = defineStep({
  name: 'check',
  input: z.object({ data: file() }),
  output: z.object({ rows: z.number() }),
  retry: { attempts: 1 },
}).implement(async ({ input, task }) => {
  const text = await readFile(await task.read(input.data), 'utf8');
  if (text.includes('bad')) throw new Error('There is a bad row.');
  return { rows: text.trim().split('\\n').length };
});
export default definePipeline({ name: 'checked', params: z.object({ source: z.string() }) }, ({ params }) =>
  check({ data: importArtifact({ uri: params.source, artifact: 'file' }) }));
`;

describe('runs retry after outside data was mended', () => {
  it('imports it again, and says why', async () => {
    const [pipeline, source] = [join(folder, 'checked.ts'), join(folder, 'data.csv')];
    await writeFile(pipeline, CHECKED);
    await writeFile(source, 'good\nbad\n');
    const broken = await ended(system.client(), await system.submit(pipeline, { source }));
    expect(broken.run).toMatchObject({ status: 'failed', error: expect.stringContaining('bad row') });
    await writeFile(source, 'good\nbetter\nbest\n');
    const retried = await ended(system.client(), (await runsCommand('retry', broken.run.id)).id);
    expect(retried.run).toMatchObject({ status: 'succeeded', output: { rows: 3 } });
    expect(statuses(retried)).toEqual({ importArtifact: 'succeeded', check: 'succeeded' });
    const imported = retried.tasks.find(({ path }) => path === 'importArtifact');
    expect(imported?.cache?.detail).toContain(
      `Not taken over from run ${broken.run.id}, for it differs in: source uri.`,
    );
  });
});

/** Says its version once it has met the other: it can only end while the other is at work. */
const meeting = (version: number, other: number) => `import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';
const meet = defineStep({
  name: 'meet',
  input: z.object({ folder: z.string() }),
  output: z.object({ version: z.number() }),
}).implement(async ({ input }) => {
  writeFileSync(input.folder + '/here-${version}', '');
  while (!existsSync(input.folder + '/here-${other}')) await delay(20);
  return { version: ${version} };
});
export default definePipeline({ name: 'meeting', params: z.object({ folder: z.string() }) }, ({ params }) => meet(params));
`;

describe('two versions of a step', () => {
  it('run side by side on one worker', async () => {
    await mkdir(join(folder, 'place'));
    const runIds: string[] = [];
    for (const [version, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      await writeFile(join(folder, 'meeting.ts'), meeting(version, other));
      runIds.push(await system.submit(join(folder, 'meeting.ts'), { folder: join(folder, 'place') }));
    }
    const runs = await Promise.all(runIds.map((id) => ended(system.client(), id)));
    expect(runs.map(({ run }) => [run.status, run.pipelineVersion, run.output])).toEqual([
      ['succeeded', 1, { version: 1 }],
      ['succeeded', 2, { version: 2 }],
    ]);
    expect(new Set(runs.flatMap(({ attempts }) => attempts.map(({ worker }) => worker))).size).toBe(1);
  });
});
