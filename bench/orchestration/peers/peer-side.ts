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
] as const;

export interface RunningPeer extends Started {
  readonly peer: string;
  readonly side: (shape: 'chain' | 'wide') => Side;
}

/** Starts a peer's script in its environment. @throws Error that says why it is not there. */
export async function startPeer({ peer, name }: (typeof PEERS)[number], venvs: string): Promise<RunningPeer> {
  if (!existsSync(join(venvs, `${peer}.ready`))) {
    const words = await readFile(join(venvs, `${peer}.failed`), 'utf8').catch(() => 'make-venvs.sh has not been run');
    throw new Error(`not installed: ${words.trim().split('\n').at(-1)}`);
  }
  const script = join(import.meta.dirname, `peers/${peer}_peer.py`);
  // A process group of its own: some peers start servers that do not end with them.
  const child = spawn(join(venvs, peer, 'bin/python'), [script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${peer}_peer.py ended; run it by hand to see why.`);
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
