import type { Block } from '../ir/nodes/block.ts';
import { type NodeVisitor, type PipelineNode, visitNode } from '../ir/nodes/pipeline-node.ts';
import type { PipelineIR } from '../ir/pipeline-ir.ts';

/**
 * How many tasks one pass through a block runs, at most. Fan-outs and loops in it count as one: where theirs run is
 * decided when they are reached.
 */
export function tasksIn(block: Block, pipelines: PipelineIR['pipelines']): number {
  const inBlock = (inner: Block) => tasksIn(inner, pipelines);
  const count: NodeVisitor<number> = {
    task: () => 1,
    when: ({ branches, otherwise }) =>
      Math.max(...branches.map(({ body }) => inBlock(body)), otherwise === null ? 0 : inBlock(otherwise)),
    fanOut: () => 1,
    loop: () => 1,
    approval: () => 1,
    sleep: () => 1,
    call: ({ pipeline }) => {
      const called = pipelines[pipeline];
      return called ? inBlock(called.body) : 0;
    },
    promote: () => 1,
    notify: () => 1,
    finally: ({ body }) => inBlock(body),
  };
  return block.nodes.reduce((sum, node: PipelineNode) => sum + visitNode(node, count), 0);
}
