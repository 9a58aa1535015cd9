import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type Started, startTemporal } from './processes.ts';

/** What the sides of a bench share: one Temporal, and a folder that goes at the end. */
export interface Stage {
  readonly folder: string;
  readonly address: string;
  readonly client: Client;
  /** Stops it when the bench ends, the last one first. */
  readonly keep: <S extends Started>(started: S) => S;
}

export async function onStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const kept: Started[] = [];
  const keep = <S extends Started>(started: S): S => {
    kept.unshift(started);
    return started;
  };
  try {
    const { address } = keep(await startTemporal(folder));
    const connection = await Connection.connect({ address });
    keep({ stop: () => connection.close() });
    await work({ folder, address, client: new Client({ connection }), keep });
  } finally {
    for (const { stop } of kept) await stop();
    await rm(folder, { recursive: true, force: true });
  }
}
