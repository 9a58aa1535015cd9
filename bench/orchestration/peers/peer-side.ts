import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Started } from '../processes.ts';
import type { Side } from '../side.ts';

export const PEERS = [
  { peer: 'kfp', name: 'kfp.local, subprocess runner' },
  { peer: 'dagster', name: 'Dagster, in-process executor' },
  { peer: 'prefect', name: 'Prefect, server up' },
  { peer: 'metaflow', name: 'Metaflow, local' },
  { peer: 'dbos', name: 'DBOS, SQLite' },
  { peer: 'dbos-postgres', name: 'DBOS, PostgreSQL' },
  { peer: 'restate', name: 'Restate, server up' },
] as const;
type Peer = (typeof PEERS)[number]['peer'];

export interface RunningPeer extends Started {
  readonly peer: string;
  readonly side: (shape: 'chain' | 'wide') => Side;
}

/** What is on the disk for a peer, and how its script is started. */
function programOf(peer: Peer, folder: string) {
  const script = (name: string) => join(import.meta.dirname, 'peers', name);
  const python = (environment: string) => join(folder, environment, 'bin/python');
  switch (peer) {
    case 'restate':
      return { installed: peer, command: [process.execPath, script('restate_peer.js'), join(folder, peer)], env: {} };
    case 'dbos':
    case 'dbos-postgres': {
      const env = { DBOS_SYSTEM_DATABASE_URL: peer === 'dbos' ? '' : postgresForDbos() };
      return { installed: 'dbos', command: [python('dbos'), script('dbos_peer.py')], env };
    }
    default:
      return { installed: peer, command: [python(peer), script(`${peer}_peer.py`)], env: {} };
  }
}

function postgresForDbos(): string {
  const url = process.env.DBOS_SYSTEM_DATABASE_URL;
  if (url) return url;
  throw new Error('DBOS_SYSTEM_DATABASE_URL names no database for it: postgresql://USER@HOST:PORT/NAME.');
}

/** Starts a peer's script in its environment. @throws Error that says why it is not there. */
export async function startPeer({ peer, name }: (typeof PEERS)[number], folder: string): Promise<RunningPeer> {
  const { installed, command, env } = programOf(peer, folder);
  if (!existsSync(join(folder, `${installed}.ready`))) {
    const words = await readFile(join(folder, `${installed}.failed`), 'utf8').catch(
      () => 'install.sh has not been run',
    );
    throw new Error(`not installed: ${words.trim().split('\n').at(-1)}`);
  }
  const [program = '', ...args] = command;
  // A process group of its own: some peers start servers that do not end with them.
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`its process ended; run it by hand to see why: ${command.join(' ')}`);
    return value;
  };
  await next();
  return {
    peer,
    side: (shape) => ({
      name,
      prepare: async () => async () => {
        child.stdin.write(`${JSON.stringify({ shape })}\n`);
        await next();
      },
    }),
    stop: async () => {
      const ended = child.exitCode === null ? once(child, 'exit') : null;
      child.stdin.end();
      await ended;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      } catch {
        // Nothing of the group is left.
      }
    },
  };
}
