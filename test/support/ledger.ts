import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { until } from './until.ts';

export const LEDGER_PIPELINE = resolve('test/support/ledger-pipeline.suite.ts');
export const SIDE_PIPELINE = resolve('test/support/side-pipeline.suite.ts');

/** A line of the ledger that the slow steps write. */
export interface LedgerLine {
  readonly path: string;
  readonly attempt: number;
  readonly pid: number;
  readonly event: 'began' | 'held' | 'part' | 'aborted' | 'refused';
  readonly part: number | null;
}

export interface Ledger {
  readonly folder: string;
  lines(event: LedgerLine['event']): Promise<readonly LedgerLine[]>;
  /** Resolves when that many attempts wait half-way. */
  held(count: number): Promise<void>;
  /** Lets first attempts go on. */
  release(): Promise<void>;
}

/** @param held Whether first attempts are to wait half-way. */
export async function newLedger(under: string, { held = false } = {}): Promise<Ledger> {
  const folder = await mkdtemp(join(under, 'ledger-'));
  const hold = join(folder, 'hold-1');
  if (held) await writeFile(hold, '');
  const lines = async (event: LedgerLine['event']) => {
    const text = await readFile(join(folder, 'ledger'), 'utf8').catch(() => '');
    const all = text.split('\n').filter((line) => line !== '');
    return all.map((line) => JSON.parse(line) as LedgerLine).filter((line) => line.event === event);
  };
  return {
    folder,
    lines,
    held: async (count) =>
      void (await until(`${count} attempts wait`, async () => (await lines('held')).length === count)),
    release: () => rm(hold),
  };
}

/** The parts that each task worked through, in order: more than once each where an attempt did again what was done. */
export async function partsDone(ledger: Ledger): Promise<Record<string, readonly (number | null)[]>> {
  const done: Record<string, (number | null)[]> = {};
  for (const { path, part } of await ledger.lines('part')) {
    done[path] = [...(done[path] ?? []), part];
  }
  return done;
}
