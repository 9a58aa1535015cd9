import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretSetting } from './secret-setting.ts';

describe('a secret setting', () => {
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-setting-'));
    file = join(folder, 'token');
    await writeFile(file, ' of a file \n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is that of the variable, or of the file that another names, without the end of its line', () => {
    expect(secretSetting({}, 'TOKEN')).toBeNull();
    expect(secretSetting({ TOKEN: '', TOKEN_FILE: '' }, 'TOKEN')).toBeNull();
    expect(secretSetting({ TOKEN: 'itself' }, 'TOKEN')).toBe('itself');
    expect(secretSetting({ TOKEN: '', TOKEN_FILE: file }, 'TOKEN')).toBe(' of a file');
  });

  it('is refused where it is said twice, cannot be read or is empty, and is in no message', async () => {
    expect(() => secretSetting({ TOKEN: 'geheim', TOKEN_FILE: file }, 'TOKEN')).toThrow(
      'TOKEN and TOKEN_FILE are both set: unset one of them.',
    );
    expect(() => secretSetting({ TOKEN_FILE: `${file}s` }, 'TOKEN')).toThrow(
      `TOKEN_FILE names ${file}s, which cannot be read (ENOENT).`,
    );
    await writeFile(`${file}-empty`, '\n');
    expect(() => secretSetting({ TOKEN_FILE: `${file}-empty` }, 'TOKEN')).toThrow('which is empty.');
  });
});
