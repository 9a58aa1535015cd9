import type { HandlerChild } from './handler-child.ts';
import { residentMemory } from './process-tree.ts';

export interface MemoryWatch {
  /** Bytes that were found to be too much; null while all is well. */
  readonly exceeded: () => number | null;
  readonly end: () => void;
}

const LOOK_MS = 250;

/**
 * Ends a child whose tree of processes holds more memory than its task may. The heap has a limit of its own; this is
 * for what lies outside it: buffers, native libraries, child processes.
 */
export function watchMemory(child: HandlerChild): MemoryWatch {
  const { pid } = child;
  const limit = child.spec.memory;
  let exceeded: number | null = null;
  if (pid === null || limit === null) return { exceeded: () => null, end: () => undefined };
  const look = async () => {
    const held = await residentMemory(pid);
    if (held === null || held <= limit || exceeded !== null) return;
    exceeded = held;
    child.kill();
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return { exceeded: () => exceeded, end: () => clearInterval(timer) };
}
