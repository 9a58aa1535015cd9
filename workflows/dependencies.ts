import type { Binding } from '../ir/binding.ts';
import { blocksOf } from '../ir/every-node.ts';
import type { Block } from '../ir/nodes/block.ts';
import { type NodeVisitor, type PipelineNode, visitNode } from '../ir/nodes/pipeline-node.ts';
import { bindingsOf, nodesReadBy } from '../ir/references.ts';

/** What a node itself reads; what stands in its scopes waits for its own. */
const BINDINGS: NodeVisitor<readonly Binding[]> = {
  task: ({ inputs, identity }) => [...Object.values(inputs), ...(identity ? [identity] : [])],
  when: (node) => node.branches.flatMap(({ condition }) => bindingsOf(condition)),
  fanOut: (node) => [node.items],
  loop: (node) => [node.initial, ...bindingsOf(node.until)],
  approval: (node) => (node.message ? [node.message] : []),
  sleep: (node) => [node.duration],
  call: (node) => Object.values(node.params),
  promote: (node) => Object.values(node.inputs),
  notify: ({ text, channel }) => (channel ? [text, channel] : [text]),
  finally: () => [],
};

/** The addresses of the nodes that must have succeeded before this one starts. */
export function needsOf(node: PipelineNode): readonly string[] {
  return [...new Set([...visitNode(node, BINDINGS).flatMap(nodesReadBy), ...node.after])];
}

/** The names of the nodes recorded before a `finally` in its own scope. */
export function namesBefore(node: PipelineNode, block: Block): readonly string[] {
  return block.nodes.slice(0, block.nodes.indexOf(node)).map(({ name }) => name);
}

/** The addresses of all nodes that are read or waited for in a block, at any depth. */
export function readIn(block: Block): readonly string[] {
  const inNodes = block.nodes.flatMap((node) => [
    ...needsOf(node),
    ...blocksOf(node).flatMap(([, inner]) => readIn(inner)),
  ]);
  return block.output ? [...inNodes, ...nodesReadBy(block.output)] : inNodes;
}
