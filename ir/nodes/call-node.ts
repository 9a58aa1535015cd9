import type { Binding } from '../binding.ts';
import { type NodeBase, node } from './node-base.ts';

/** A pipeline called as a step. Its own parameters, scopes and addresses; it gives its output. */
export interface CallNode extends NodeBase {
  readonly kind: 'call';
  /** A key of the IR's `pipelines`. */
  readonly pipeline: string;
  readonly params: Readonly<Record<string, Binding>>;
}

export const CallNode = node<CallNode>('call');
