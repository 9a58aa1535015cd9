import type { Binding } from '../binding.ts';
import type { PipelineNode } from './pipeline-node.ts';

/** A scope of the graph: its nodes, in the order in which they were recorded, and the value that leaves it. */
export interface Block {
  readonly nodes: readonly PipelineNode[];
  /** What the scope's body returned; null when it returned nothing. */
  readonly output: Binding | null;
}
