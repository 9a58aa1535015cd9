import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PAGE = 4096;

/** Bytes of memory that the processes of the group hold together; null where that cannot be found out. */
export async function residentMemory(leader: number): Promise<number | null> {
  if (process.platform === 'linux') return linuxMemory(leader);
  if (process.platform === 'win32') return null;
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,rss=']);
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/).map(Number));
  return rows.reduce((sum, [group, kibibytes]) => (group === leader ? sum + (kibibytes ?? 0) * 1024 : sum), 0);
}

/** Walks the tree by /proc: cheaper than looking at every process of the machine twice a second. */
async function linuxMemory(pid: number): Promise<number | null> {
  try {
    // Pages that a file backs can be dropped at any time; they are not what fills a machine.
    const [, resident, shared] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ').map(Number);
    const own = Math.max(0, (resident ?? 0) - (shared ?? 0)) * PAGE;
    const children = await childrenOf(pid);
    const theirs = await Promise.all(children.map(linuxMemory));
    return theirs.reduce<number>((sum, bytes) => sum + (bytes ?? 0), own);
  } catch {
    return null;
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter((text) => text.trim() !== '')).map(Number);
}
