import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultedRun } from './faulted-run.ts';
import { type LedgerLine, linesIn, type Phase, sprungTrap, trapIn } from './pipeline/ledger.ts';

/** A handler that waits in a trap. */
export interface CaughtHandler {
  readonly run: FaultedRun;
  readonly line: LedgerLine;
  readonly release: () => Promise<void>;
}

/** Sets a trap in each of the runs. @returns null where no handler came to that phase within some seconds. */
export async function catchHandler(runs: readonly FaultedRun[], phase: Phase): Promise<CaughtHandler | null> {
  const earlier = new Set((await caughtIn(runs, phase)).map(({ key }) => key));
  for (const { folder } of runs) await writeFile(trapIn(folder, phase), '');
  const caught = () => caughtIn(runs, phase).then((all) => all.filter(({ key }) => !earlier.has(key)));
  const isOver = () => runs.every((run) => run.hasEnded());
  for (const end = Date.now() + 10_000; Date.now() < end && !isOver(); await delay(20)) {
    if ((await caught()).length > 0) break;
  }
  for (const { folder } of runs) await rm(trapIn(folder, phase), { force: true });
  // One is enough; others that have come meanwhile are let go.
  const [first, ...others] = await caught();
  for (const other of others) await other.release();
  return first ?? null;
}

async function caughtIn(runs: readonly FaultedRun[], phase: Phase) {
  const all = await Promise.all(runs.map(async (run) => (await linesIn(run.folder)).map((line) => ({ run, line }))));
  return all.flat().flatMap(({ run, line }) => {
    if (line.event !== 'caught' || line.phase !== phase) return [];
    const release = () => rm(sprungTrap(run.folder, phase, line.pid), { force: true });
    return [{ run, line, release, key: `${run.id} ${line.path} ${line.attempt} ${line.pid}` }];
  });
}
