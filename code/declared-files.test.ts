import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredFiles } from './declared-files.ts';
import { temporaryFolders } from './temporary-folder.suite.ts';

const folderWith = temporaryFolders();
const process = (command: readonly string[], files: readonly string[] = []) =>
  ({ kind: 'process', command, files }) as const;

describe('declaredFiles', () => {
  const FILES = {
    'train.py': 'print(1)',
    'lib/a.py': 'a',
    'lib/deep/b.py': 'b',
    'lib/notes.txt': 'n',
    'data.json': '{}',
    '.venv/c.py': 'c',
    'node_modules/x/d.py': 'd',
  };

  it.each([
    ['the script of the command', process(['python3', 'train.py', '--fast']), ['train.py']],
    ['a script written with ./', process(['./train.py']), ['train.py']],
    ['names', process(['python3'], ['data.json', './lib/a.py']), ['data.json', 'lib/a.py']],
    ['* within a folder', process(['python3'], ['lib/*.py']), ['lib/a.py']],
    ['** over folders', process(['python3'], ['lib/**/*.py']), ['lib/a.py', 'lib/deep/b.py']],
    [
      '** at the start, without hidden folders and packages',
      process(['python3'], ['**/*.py']),
      ['lib/a.py', 'lib/deep/b.py', 'train.py'],
    ],
    [
      'lock files',
      { ...process(['python3'], ['data.json']), environment: ['lib/*.txt'] },
      ['data.json', 'lib/notes.txt'],
    ],
    ['a choice', process(['python3'], ['lib/*.{txt,md}', 'data.????']), ['data.json', 'lib/notes.txt']],
  ])('takes %s', async (_what, implementation, paths) => {
    const files = await declaredFiles('train', implementation, await folderWith(FILES));
    expect([...files.keys()].sort()).toEqual([...paths].sort());
  });

  it('refuses a link that leads out of the folder', async () => {
    const folder = await folderWith(FILES);
    await symlink(join(await folderWith({ 'secret.txt': 's' }), 'secret.txt'), join(folder, 'link.txt'));
    await expect(declaredFiles('train', process(['cat'], ['link.txt']), folder)).rejects.toMatchObject({
      code: 'declaredFile',
      message: expect.stringMatching(/'link\.txt', which lies outside/),
    });
  });
});
