import type { Binding } from '../ir/binding.ts';
import type { Block } from '../ir/nodes/block.ts';
import { type NodeVisitor, type PipelineNode, visitNode } from '../ir/nodes/pipeline-node.ts';
import { bindingsOf, nodesReadBy } from '../ir/references.ts';
import { type RecordingScope, refusal } from './recorder.ts';

/**
 * Refuses a scope whose tasks wait for each other in a circle. A Ref exists only after its task was recorded, so what
 * tasks read makes no circle; `after` does.
 */
export function checkCycles(scope: RecordingScope): void {
  const needs = new Map(scope.nodes.map((node, index) => [node.name, siblingsNeeded(scope, node, index)]));
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) throw cycle(scope, [...trail.slice(trail.indexOf(name)), name]);
    if (done.has(name)) return;
    for (const need of needs.get(name) ?? []) visit(need, [...trail, name]);
    done.add(name);
  };
  for (const name of needs.keys()) visit(name, []);
}

function cycle(scope: RecordingScope, trail: readonly string[]): Error {
  const chain = trail.map((name) => `'${name}'`).join(' waits for ');
  return refusal('cycle', scope, `in ${scope.title}, ${chain}`, 'Remove one of the `after`s that close the circle.');
}

/** Names of nodes in the scope that a node, with all that stands inside it, waits for. */
function siblingsNeeded(scope: RecordingScope, node: PipelineNode, index: number): readonly string[] {
  const prefix = scope.address === '' ? '' : `${scope.address}/`;
  const isSibling = (address: string) => address.startsWith(prefix) && !address.slice(prefix.length).includes('/');
  const read = addressesIn(node).filter(isSibling);
  const before = node.kind === 'finally' ? scope.nodes.slice(0, index).map(({ name }) => name) : [];
  return [...new Set([...read.map((address) => address.slice(prefix.length)), ...before])];
}

function addressesIn(node: PipelineNode): readonly string[] {
  return [...node.after, ...visitNode(node, READ)];
}

function inBlock(block: Block | null): readonly string[] {
  if (!block) return [];
  return [...block.nodes.flatMap(addressesIn), ...(block.output ? nodesReadBy(block.output) : [])];
}

function inFields(fields: Readonly<Record<string, Binding>>): readonly string[] {
  return Object.values(fields).flatMap(nodesReadBy);
}

const READ: NodeVisitor<readonly string[]> = {
  task: ({ inputs, identity }) => [...inFields(inputs), ...(identity ? nodesReadBy(identity) : [])],
  when: (node) => [
    ...node.branches.flatMap(({ condition, body }) => [
      ...bindingsOf(condition).flatMap(nodesReadBy),
      ...inBlock(body),
    ]),
    ...inBlock(node.otherwise),
  ],
  fanOut: (node) => [...nodesReadBy(node.items), ...inBlock(node.body)],
  loop: (node) => [...nodesReadBy(node.initial), ...bindingsOf(node.until).flatMap(nodesReadBy), ...inBlock(node.body)],
  approval: (node) => (node.message ? nodesReadBy(node.message) : []),
  sleep: (node) => nodesReadBy(node.duration),
  call: (node) => inFields(node.params),
  promote: (node) => inFields(node.inputs),
  notify: ({ text, channel }) => [...nodesReadBy(text), ...(channel ? nodesReadBy(channel) : [])],
  finally: (node) => inBlock(node.body),
};
