import { findPlace, type PlaceOptions } from '../place.ts';
import { endProcess } from './end-process.ts';
import { endLeftOvers } from './left-overs.ts';
import { readSystemRecord } from './system-file.ts';
import { takeSystemLock } from './system-lock.ts';

/** The supervisor ends its parts in order, which takes their grace periods together at most. */
const GRACE_MS = 60_000;

/** `millrace down`: ends the supervisor, and whatever one that was killed left behind. */
export async function down(options: PlaceOptions): Promise<void> {
  const { home } = findPlace(options);
  const record = await readSystemRecord(home);
  const wasUp = record !== null && (await endProcess(record.supervisor, GRACE_MS));
  const leftOvers = record === null ? [] : await endUnderLock(home);
  process.stdout.write(`${sentence(home, wasUp, leftOvers)}\n`);
}

/** Nothing when another system has come up for the home in the meantime. */
async function endUnderLock(home: string): Promise<readonly string[]> {
  const lock = takeSystemLock(home);
  const ended = lock === null ? [] : await endLeftOvers(home);
  lock?.release();
  return ended;
}

function sentence(home: string, wasUp: boolean, leftOvers: readonly string[]): string {
  if (wasUp) return 'Ended.';
  return leftOvers.length === 0
    ? `No system of ${home} is up.`
    : `Ended what a killed supervisor had left: ${leftOvers.join(', ')}.`;
}
