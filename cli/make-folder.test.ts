import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFolder, makeHome } from './make-folder.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-folder-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const thrown = (act: () => void): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
};

it('makes a home with its logs, and takes one that is there', () => {
  const home = join(folder, 'a', 'b');
  makeHome(home);
  makeHome(home);
  expect(existsSync(join(home, 'logs'))).toBe(true);
});

it('refuses a path through a file', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(thrown(() => makeFolder(join(folder, 'file', 'home'), 'Name another.'))).toMatchObject({
    exitCode: 2,
    message: `The folder ${join(folder, 'file', 'home')} cannot be made: a part of its path is a file.`,
    next: 'Name another.',
  });
});

it.runIf(process.platform === 'linux')('refuses at once where a file system takes no folders', () => {
  expect(thrown(() => makeHome('/proc/millrace/home'))).toMatchObject({
    exitCode: 2,
    message: 'The folder /proc/millrace/home cannot be made: no folders can be made there.',
  });
});

const isOther = process.platform !== 'win32' && process.getuid?.() !== 0;
it.runIf(isOther)('refuses a folder that is not ours (root may write everywhere)', () => {
  spawnSync('chmod', ['500', folder]);
  expect(thrown(() => makeHome(join(folder, 'other')))).toMatchObject({
    message: expect.stringContaining('cannot be made: you have no permission there.'),
  });
  spawnSync('chmod', ['700', folder]);
});
