import type { Transition } from '../ir/protocol/transition.ts';

/** Nodes that only hold others: what is stopped in them is told by its own path. */
const SCOPES: ReadonlySet<Transition['kind']> = new Set(['when', 'fanOut', 'loop', 'call', 'finally']);

export interface UnderWay {
  note(transition: Transition): void;
  /** Task paths, in the order in which they began. */
  paths(): readonly string[];
}

/** Which tasks have begun and not ended, by what is recorded of them. */
export function tasksUnderWay(): UnderWay {
  const open = new Set<string>();
  return {
    note: ({ path, kind, status }) => {
      if (SCOPES.has(kind)) return;
      if (status === 'running' || status === 'waiting') open.add(path);
      else open.delete(path);
    },
    paths: () => [...open],
  };
}
