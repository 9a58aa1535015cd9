import type { RunDetail } from '../../server/client.ts';
import { tallyText, wideScopes } from './wide-scopes.ts';

const EVERY_MS = 5_000;

/** Makes a line for each thing that wide scopes count, every few seconds where it has changed, and once it has ended. */
export function progressLines(everyMs = EVERY_MS): (detail: RunDetail, now: number) => readonly string[] {
  const told = new Map<string, string>();
  let toldAt = Number.NEGATIVE_INFINITY;
  return (detail, now) => {
    if (now - toldAt < everyMs && detail.run.endedAt === null) return [];
    toldAt = now;
    const texts = [...wideScopes(detail).values()].flatMap(({ tallies }) =>
      tallies.map((tally) => [tally.address, tallyText(tally)] as const),
    );
    const changed = texts.filter(([address, text]) => told.get(address) !== text);
    for (const [address, text] of changed) told.set(address, text);
    return changed.map(([, text]) => `${'progress'.padEnd(9)}  ${text}`);
  };
}
