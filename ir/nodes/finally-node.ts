import type { Block } from './block.ts';
import { type NodeBase, node } from './node-base.ts';

/**
 * A scope that runs once every node recorded before it in its own scope has ended, however it ended. Bindings in it to
 * a node that did not succeed give null. It gives the scope's output.
 */
export interface FinallyNode extends NodeBase {
  readonly kind: 'finally';
  readonly body: Block;
}

export const FinallyNode = node<FinallyNode>('finally');
