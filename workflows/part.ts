import type { FanOutNode } from '../ir/nodes/fan-out-node.ts';
import type { LoopNode } from '../ir/nodes/loop-node.ts';
import { bindingsOf, nodesReadBy } from '../ir/references.ts';
import { readIn } from './dependencies.ts';
import type { Execution, NodeResult } from './execution.ts';
import { type FrozenScope, freezeScope } from './frozen-scope.ts';
import type { ItemRange } from './nodes/run-items.ts';
import type { Round } from './nodes/run-rounds.ts';
import type { Scope } from './scope.ts';
import type { Settled } from './settled.ts';

/**
 * Where a part of a run stands, and what it knows of the run. Parts are data: they are run with a history of their own,
 * because the run's has no room for them.
 */
export interface PartPlace extends Pick<Execution, 'registered' | 'limitedQueues' | 'facts'> {
  readonly scope: FrozenScope;
  /** Greater than the sequence of whatever the run has recorded of the paths in the part. */
  readonly sequence: number;
}

/** Some consecutive items of a fan-out. */
export interface ItemsPart {
  readonly kind: 'items';
  readonly place: PartPlace;
  readonly range: ItemRange;
}

/** The rounds of a loop from one on. */
export interface LoopPart {
  readonly kind: 'loop';
  readonly place: PartPlace;
  readonly node: LoopNode;
  readonly from: Round;
}

export interface LoopPartEnd {
  readonly result: NodeResult;
  /** Not less than what the part has recorded last. */
  readonly sequence: number;
}

/** Runs parts elsewhere. */
export interface PartRunner {
  /** @param failed hears, now and then, how many of the items have failed so far. */
  startItems(part: ItemsPart, failed: (news: ItemFailures) => void): RunningItems;
  /** @throws TaskFailed */
  runLoop(part: LoopPart): Promise<LoopPartEnd>;
}

export interface ItemFailures {
  readonly count: number;
  /** Says which item failed last: `'trials[3]/train' failed`. */
  readonly because: string;
}

export interface RunningItems {
  /** Of the items that were begun, in order. */
  readonly outcomes: Promise<readonly Settled[]>;
  /** Stops what is under way, and begins nothing more. */
  stop(because: string): void;
}

/** Waits for whatever the scopes of the node read from outside. */
export async function placeOf(node: FanOutNode | LoopNode, scope: Scope, execution: Execution): Promise<PartPlace> {
  const { registered, limitedQueues, facts, sequence } = execution;
  const reads = node.kind === 'loop' ? bindingsOf(node.until).flatMap(nodesReadBy) : [];
  const frozen = await freezeScope(scope, [...reads, ...readIn(node.body)]);
  return { registered, limitedQueues, facts, scope: frozen, sequence: sequence.last() };
}
