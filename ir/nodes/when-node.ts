import type { Condition } from '../condition.ts';
import type { Block } from './block.ts';
import { type NodeBase, node } from './node-base.ts';

/**
 * One of several scopes, chosen by the first condition that holds. It gives the chosen scope's output, or null when
 * none was chosen. The scopes' names are `do`, `elseWhen1`, `elseWhen2`, …, `otherwise`.
 */
export interface WhenNode extends NodeBase {
  readonly kind: 'when';
  readonly branches: readonly WhenBranch[];
  readonly otherwise: Block | null;
}

export interface WhenBranch {
  readonly condition: Condition;
  readonly body: Block;
}

export const WhenNode = node<WhenNode>('when');

/** The scope name of a branch by its place among a node's branches. */
export function branchName(index: number): string {
  return index === 0 ? 'do' : `elseWhen${index}`;
}
