import type { Block } from './nodes/block.ts';
import { type PipelineNode, visitNode } from './nodes/pipeline-node.ts';
import { branchName } from './nodes/when-node.ts';
import type { PipelineIR } from './pipeline-ir.ts';

export interface PlacedNode {
  /** As in a run, but for which item of a fan-out or round of a loop; within its pipeline, where that is called as a step. */
  readonly path: string;
  readonly node: PipelineNode;
  /** The pipeline called as a step that it is of, which a run may have at several paths; null for the run's own. */
  readonly calledPipeline: string | null;
}

/** The nodes of a pipeline at every depth, those of pipelines called as steps and of the exit handler included. */
export function everyNode(ir: PipelineIR): readonly PlacedNode[] {
  const called = Object.values(ir.pipelines).flatMap(({ name, body }) => inBlock(body, '', name));
  return [...inBlock(ir.body, '', null), ...called, ...(ir.onExit ? inBlock(ir.onExit, 'onExit/', null) : [])];
}

/** For people: `'sign'`, `'sign' of pipeline 'release'`. */
export function placeText({ path, calledPipeline }: PlacedNode): string {
  return calledPipeline === null ? `'${path}'` : `'${path}' of pipeline '${calledPipeline}'`;
}

function inBlock(block: Block, scope: string, calledPipeline: string | null): readonly PlacedNode[] {
  return block.nodes.flatMap((node) => {
    const path = `${scope}${node.name}`;
    const inner = blocksOf(node).flatMap(([name, body]) => inBlock(body, `${path}/${name}`, calledPipeline));
    return [{ path, node, calledPipeline }, ...inner];
  });
}

/** The blocks that a node opens, with what stands between its name and theirs in a path. */
export function blocksOf(node: PipelineNode): readonly (readonly [string, Block])[] {
  return visitNode<readonly (readonly [string, Block])[]>(node, {
    task: () => [],
    when: ({ branches, otherwise }) => [
      ...branches.map(({ body }, index) => [`${branchName(index)}/`, body] as const),
      ...(otherwise ? [['otherwise/', otherwise] as const] : []),
    ],
    fanOut: ({ body }) => [['', body]],
    loop: ({ body }) => [['', body]],
    finally: ({ body }) => [['', body]],
    approval: () => [],
    sleep: () => [],
    call: () => [],
    promote: () => [],
    notify: () => [],
  });
}
