import type { Binding } from '../binding.ts';
import type { Condition } from '../condition.ts';
import type { Block } from './block.ts';
import { type NodeBase, node } from './node-base.ts';

/**
 * A scope run again and again, each time with what the last time gave, until a condition on its output holds. It gives
 * the last output. Reaching `max` without the condition fails the node.
 */
export interface LoopNode extends NodeBase {
  readonly kind: 'loop';
  readonly initial: Binding;
  /** Read after each iteration; a `carried` binding in it is that iteration's output. */
  readonly until: Condition;
  readonly max: number;
  readonly body: Block;
}

export const LoopNode = node<LoopNode>('loop');
