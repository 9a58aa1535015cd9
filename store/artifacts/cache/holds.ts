import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../../ir/digest.ts';
import { isMarked, mark } from './marks.ts';

/** Two folders of marks. Whoever uses content and whoever removes it each mark it first and then look for the other. */
export interface HoldFolders {
  readonly inUse: string;
  readonly leaving: string;
}

/** Keeps content in the cache. Without a signal it is kept for as long as this process lives. */
export type Hold = (digest: Digest, until: AbortSignal | undefined) => Promise<void>;

/** A removal takes milliseconds: who meets one waits. */
const LOOK_MS = 5;

/** @param released Is told when something that was held is not held any more. */
export function createHold({ inUse, leaving }: HoldFolders, released: () => void): Hold {
  const kept = new Set<Digest>();
  return async (digest, until) => {
    if (kept.has(digest) || until?.aborted) return;
    const unmark = await mark(inUse, digest);
    // That a mark could not be taken away only keeps content longer than is needed.
    if (until) until.addEventListener('abort', () => void unmark().then(released, () => {}), { once: true });
    else kept.add(digest);
    while (await isMarked(leaving, digest)) await delay(LOOK_MS);
  };
}

/** @returns Whether it was removed: what anybody holds stays. */
export async function removeUnlessHeld(
  { inUse, leaving }: HoldFolders,
  digest: Digest,
  remove: () => Promise<void>,
): Promise<boolean> {
  const unmark = await mark(leaving, digest);
  try {
    if (await isMarked(inUse, digest)) return false;
    await remove();
    return true;
  } finally {
    await unmark();
  }
}
