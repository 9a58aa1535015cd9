import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** A file of dist/, which child processes run; this room is built first where it is not there. */
export function builtFile(path: string): string {
  const file = join(ROOT, 'dist', path);
  if (!existsSync(file)) {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [compiler, '-b', 'cli'], { cwd: ROOT, stdio: 'pipe' });
  }
  return file;
}
