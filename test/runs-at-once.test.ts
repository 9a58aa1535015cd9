import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSystemRecord } from '../cli/system/system-file.ts';
import { stillRunning } from './support/bad-input-checks.ts';
import { writeBadInput } from './support/bad-input-files.ts';
import { millrace } from './support/command-line.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-at-once-'));
  await writeBadInput(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('commands that come at once with nothing up use one system, which ends after the last of them', async () => {
  const home = join(folder, 'home');
  const run = (n: number) => millrace('run', join(folder, 'good.ts'), `n=${n}`, '--home', home);
  const ended = await Promise.all([run(1), run(2), run(3)]);
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  const starters = ended.filter(({ err }) => err.includes('starting one for this run'));
  expect(starters.length).toBeGreaterThanOrEqual(1);
  for (const { out } of ended) expect(out).toMatch(/ succeeded in /);
  expect(await stillRunning(home)).toEqual([]);
});

it('systems that start at once do not share a port, nor one the Temporal of the other', async () => {
  const homes = ['a', 'b', 'c'].map((name) => join(folder, name));
  const ended = await Promise.all(homes.map((home) => millrace('up', '--detach', '--home', home)));
  try {
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    for (const { out } of ended) expect(out).toMatch(/^Temporal: \S+, version /m);
    const records = await Promise.all(homes.map(readSystemRecord));
    const urls = records.flatMap((record) => Object.values(record?.urls ?? {}));
    expect(new Set(urls).size).toBe(9);
  } finally {
    await Promise.all(homes.map((home) => millrace('down', '--home', home)));
  }
  for (const home of homes) expect(await stillRunning(home)).toEqual([]);
});
