import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** The processes of this machine that were started with all of these arguments. None on Windows, which has no `ps`. */
export async function processesWithArguments(words: readonly string[]): Promise<readonly ProcessIdentity[]> {
  if (process.platform === 'win32') return [];
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 1 << 26 });
  const pids = stdout
    .split('\n')
    .filter((line) => words.every((word) => `${line} `.includes(` ${word} `)))
    .map((line) => Number.parseInt(line, 10));
  return Promise.all(pids.map(identify));
}
