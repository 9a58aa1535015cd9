import { access, appendFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where a handler can be caught: with half of its work done, or with its output written and not yet given. */
export type Phase = 'middle' | 'written';

/** What a handler tells of itself. */
export interface LedgerLine {
  readonly event: 'began' | 'caught' | 'failed' | 'effect';
  readonly path: string;
  readonly attempt: number;
  readonly pid: number;
  /** Of a handler in a process of its own, its worker's. */
  readonly parent: number;
  readonly phase: Phase | null;
  /** Where a replica was told that it and the others are, by rank; null of any other handler. */
  readonly peers: readonly string[] | null;
}

export interface Teller {
  readonly path: string;
  readonly attempt: number;
  readonly peers?: readonly string[];
}

const ledgerIn = (folder: string) => join(folder, 'ledger');
const trapIn = (folder: string, phase: Phase) => join(folder, `trap-${phase}`);

export function tell(
  folder: string,
  { path, attempt, peers }: Teller,
  event: LedgerLine['event'],
  phase: Phase | null = null,
) {
  const line: LedgerLine = {
    event,
    path,
    attempt,
    pid: process.pid,
    parent: process.ppid,
    phase,
    peers: peers ?? null,
  };
  return appendFile(ledgerIn(folder), `${JSON.stringify(line)}\n`);
}

export async function linesIn(folder: string): Promise<readonly LedgerLine[]> {
  const text = await readFile(ledgerIn(folder), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as LedgerLine);
}

/** The name that a trap has from when a handler sits in it: one handler, for a rename succeeds once. */
export const sprungTrap = (folder: string, phase: Phase, pid: number) => `${trapIn(folder, phase)}-${pid}`;
export { trapIn };

/** Longer than any fault needs its victim; a trap that was forgotten then lets go. */
const CAUGHT_MS = 60_000;

/** Waits in the trap, where there is one for this phase, until it is taken away or the process is killed. */
export async function pass(folder: string, task: Teller, phase: Phase): Promise<void> {
  const sprung = sprungTrap(folder, phase, process.pid);
  const isCaught = await rename(trapIn(folder, phase), sprung).then(
    () => true,
    () => false,
  );
  if (!isCaught) return;
  await tell(folder, task, 'caught', phase);
  for (const end = Date.now() + CAUGHT_MS; Date.now() < end; await delay(20)) {
    if (!(await isThere(sprung))) return;
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
