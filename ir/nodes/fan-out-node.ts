import type { Binding } from '../binding.ts';
import type { Block } from './block.ts';
import { type NodeBase, node } from './node-base.ts';

/** A scope run once for each item of a list. It gives the array of the scopes' outputs, in item order. */
export interface FanOutNode extends NodeBase {
  readonly kind: 'fanOut';
  /** Binds to an array, given or made at run time. */
  readonly items: Binding;
  /** Items under way at once; null is no limit but the workers'. */
  readonly concurrency: number | null;
  /** The share of items, 0 to 1, that must succeed. Below 1, the slots of failed items are null. */
  readonly minSuccess: number;
  readonly body: Block;
}

export const FanOutNode = node<FanOutNode>('fanOut');
