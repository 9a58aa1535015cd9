import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** The processes of this machine that were started with all of these arguments. None on Windows, where nobody tells. */
export async function processesWithArguments(words: readonly string[]): Promise<readonly ProcessIdentity[]> {
  const pids = process.platform === 'linux' ? await fromProc(words) : await fromPs(words).catch(() => []);
  return Promise.all(pids.map(identify));
}

/** Also where there is no `ps`, as in a slim image. */
async function fromProc(words: readonly string[]): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = pids.map(async (pid) => {
    // One that has ended meanwhile, and one that may not be looked at.
    const given = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    return words.every((word) => given.includes(word)) ? [pid] : [];
  });
  return (await Promise.all(found)).flat();
}

async function fromPs(words: readonly string[]): Promise<readonly number[]> {
  if (process.platform === 'win32') return [];
  const columns = ['-o', 'pid=', '-o', 'args='];
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', ...columns], { maxBuffer: 1 << 26 });
  const lines = stdout.split('\n').filter((line) => words.every((word) => `${line} `.includes(` ${word} `)));
  return lines.map((line) => Number.parseInt(line, 10));
}
