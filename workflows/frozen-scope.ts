import type { JsonObject } from '../ir/json.ts';
import { type Outcome, type Scope, settledOutcome } from './scope.ts';
import type { Settled } from './settled.ts';

/** A place in a running graph as data, so that what stands in it can run in another workflow. */
export interface FrozenScope {
  readonly params: JsonObject;
  /** From the pipeline's root to the place itself. */
  readonly levels: readonly FrozenLevel[];
}

interface FrozenLevel extends Pick<Scope, 'address' | 'path' | 'item' | 'carried' | 'isFinally'> {
  /** Of the nodes that are read there. */
  readonly outcomes: Readonly<Record<string, Settled>>;
}

/** Waits for the nodes at these addresses, where they are seen from the scope, and keeps how they ended. */
export async function freezeScope(scope: Scope, read: readonly string[]): Promise<FrozenScope> {
  const addresses = new Set(read);
  const levels: FrozenLevel[] = [];
  for (let level: Scope | null = scope; level; level = level.parent) {
    const { address, path, item, carried, isFinally } = level;
    levels.unshift({ address, path, item, carried, isFinally, outcomes: await outcomesOf(level, addresses) });
  }
  return { params: scope.params, levels };
}

export function thawScope({ params, levels }: FrozenScope): Scope {
  const scope = levels.reduce<Scope | null>((parent, level) => {
    const outcomes = Object.entries(level.outcomes).map(([name, settled]) => [name, settledOutcome(settled)] as const);
    return { ...level, params, parent, outcomes: new Map<string, Outcome>(outcomes) };
  }, null);
  if (scope === null) throw new Error('A scope without levels is nowhere.');
  return scope;
}

async function outcomesOf(level: Scope, addresses: ReadonlySet<string>): Promise<Record<string, Settled>> {
  const read = [...level.outcomes].filter(([name]) =>
    addresses.has(level.address === '' ? name : `${level.address}/${name}`),
  );
  const ends = await Promise.all(read.map(async ([name, { promise }]) => [name, await promise] as const));
  return Object.fromEntries(ends);
}
