import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { millraceFolder } from './installation.ts';

export type Files = Readonly<Record<string, string>>;

/** Folders with files in them, removed when the test file has ended. User files load the built `millrace`. */
export function temporaryFolders(): (files: Files) => Promise<string> {
  const folders: string[] = [];
  beforeAll(() => {
    const root = millraceFolder();
    if (existsSync(join(root, 'dist/dsl/index.js'))) return;
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'dsl'], { cwd: root });
  });
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  return async (files) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'millrace-code-')));
    folders.push(folder);
    await writeFiles(folder, files);
    return folder;
  };
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
