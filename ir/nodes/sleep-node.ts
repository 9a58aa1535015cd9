import type { Binding } from '../binding.ts';
import { type NodeBase, node } from './node-base.ts';

/** A durable wait. `duration` binds to milliseconds or to text such as `'30s'`. It gives null. */
export interface SleepNode extends NodeBase {
  readonly kind: 'sleep';
  readonly duration: Binding;
}

export const SleepNode = node<SleepNode>('sleep');
