import { readdirSync, readFileSync } from 'node:fs';

/** Kernel ticks a second, which Linux has fixed for all that user space sees. */
const TICKS = 100;

/**
 * Milliseconds of processor that this process and all that it started have used; null where that cannot be told. On a
 * machine that does other things beside, it says more than the clock.
 */
export function cpuTime(pid = process.pid): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '');
    // User and system time of its own, and of its children that have ended.
    const ticks = text.split(' ').slice(11, 15).map(Number);
    const own = (ticks.reduce((sum, each) => sum + each, 0) / TICKS) * 1_000;
    return childrenOf(pid).reduce((sum, child) => sum + (cpuTime(child) ?? 0), own);
  } catch {
    return null;
  }
}

function childrenOf(pid: number): readonly number[] {
  const lists = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'),
  );
  return lists.flatMap((list) => list.split(' ').filter((text) => text.trim() !== '')).map(Number);
}
