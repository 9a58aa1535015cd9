import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { millrace } from './support/command-line.ts';
import { startEmbedded } from './support/embedded-system.ts';
import { until } from './support/until.ts';

const FILE = resolve('test/support/scheduled-pipeline.suite.ts');
const MINUTES = 10;

/** Too long for every change: `MILLRACE_LONG_TESTS=1` asks for it. */
it.skipIf(process.env.MILLRACE_LONG_TESTS !== '1')(
  'starts ten runs in ten minutes, none twice and none lost, though the worker is killed',
  { timeout: (MINUTES + 5) * 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-minutes-'));
    const system = await startEmbedded(join(folder, 'home'));
    const client = system.client();
    const end = new Date((Math.floor(Date.now() / 60_000) + MINUTES) * 60_000).toISOString();
    const words = ['create', 'minutely', FILE, '--cron', '* * * * *', '--end', end, '--param', `folder=${folder}`];
    expect((await millrace('schedules', ...words, '--home', system.home)).code).toBe(0);
    const runs = async () => (await client.runs({ schedule: 'minutely' })).items;
    const wait = (MINUTES + 2) * 60_000;
    await until('half of them', async () => (await runs()).length >= MINUTES / 2, wait);
    await system.kill('workers');
    await until('all of them', async () => (await runs()).length >= MINUTES, wait);
    await until('they have ended', async () => (await runs()).every(({ endedAt }) => endedAt !== null), wait);
    const last = Date.parse(end);
    const due = Array.from({ length: MINUTES }, (_, index) => last - index * 60_000);
    expect((await runs()).map(({ logicalTime }) => Date.parse(`${logicalTime}`)).sort((a, b) => b - a)).toEqual(due);
    expect((await runs()).map(({ status }) => status)).toEqual(due.map(() => 'succeeded'));
    await system.stop();
    await rm(folder, { recursive: true, force: true });
  },
);
