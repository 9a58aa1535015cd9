import { readdir, readFile } from 'node:fs/promises';

/** Processes that name the folder in their command or environment, as all do that a system in it has started. */
export async function processesOf(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map((pid) => nameOf(pid, folder)));
  return found.filter((name) => name !== null);
}

async function nameOf(pid: string, folder: string): Promise<string | null> {
  // One that has gone meanwhile, or has ended and waits for its parent, has nothing to read.
  const [command = '', environment = ''] = await Promise.all(
    ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
  );
  if (!command.includes(folder) && !environment.includes(folder)) return null;
  return `${pid}: ${command.replaceAll('\0', ' ').slice(0, 200)}`;
}
