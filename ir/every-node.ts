import type { Block } from './nodes/block.ts';
import { type PipelineNode, visitNode } from './nodes/pipeline-node.ts';
import type { PipelineIR } from './pipeline-ir.ts';

export interface PlacedNode {
  /** The node's name, with the scopes around it: of those in a pipeline called as a step, from that pipeline's name. */
  readonly path: string;
  readonly node: PipelineNode;
}

/** The nodes of a pipeline at every depth, those of pipelines called as steps and of the exit handler included. */
export function everyNode(ir: PipelineIR): readonly PlacedNode[] {
  const called = Object.values(ir.pipelines).flatMap(({ name, body }) => inBlock(body, `${name}/`));
  return [...inBlock(ir.body, ''), ...called, ...(ir.onExit ? inBlock(ir.onExit, 'onExit/') : [])];
}

function inBlock(block: Block, scope: string): readonly PlacedNode[] {
  return block.nodes.flatMap((node) => {
    const path = `${scope}${node.name}`;
    return [{ path, node }, ...blocksOf(node).flatMap((inner) => inBlock(inner, `${path}/`))];
  });
}

function blocksOf(node: PipelineNode): readonly Block[] {
  return visitNode<readonly Block[]>(node, {
    task: () => [],
    when: ({ branches, otherwise }) => [...branches.map(({ body }) => body), ...(otherwise ? [otherwise] : [])],
    fanOut: ({ body }) => [body],
    loop: ({ body }) => [body],
    finally: ({ body }) => [body],
    approval: () => [],
    sleep: () => [],
    call: () => [],
    promote: () => [],
  });
}
