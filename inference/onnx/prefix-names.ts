import type { OnnxGraph, OnnxNode } from './onnx-proto.ts';

/**
 * A graph with a prefix before each of its names, so that it can stand beside another one. `renamed` are those that get
 * another name instead: the inputs that values of the other graph stand for. Graphs within nodes are followed.
 */
export function prefixNames(graph: OnnxGraph, prefix: string, renamed: ReadonlyMap<string, string>): OnnxGraph {
  // An empty name stands for an optional input that is not given.
  const rename = (name: string) => (name === '' ? '' : (renamed.get(name) ?? `${prefix}${name}`));
  return {
    ...graph,
    node: graph.node.map((node) => prefixNode(node, prefix, renamed, rename)),
    initializer: graph.initializer.map((tensor) => ({ ...tensor, name: rename(tensor.name ?? '') })),
    ...(graph.sparseInitializer && {
      sparseInitializer: graph.sparseInitializer.map((tensor) => ({
        ...tensor,
        values: { dims: [], dataType: 0, ...tensor.values, name: rename(tensor.values?.name ?? '') },
      })),
    }),
    input: graph.input.map((value) => ({ ...value, name: rename(value.name) })),
    output: graph.output.map((value) => ({ ...value, name: rename(value.name) })),
    valueInfo: (graph.valueInfo ?? []).map((value) => ({ ...value, name: rename(value.name) })),
  };
}

function prefixNode(
  node: OnnxNode,
  prefix: string,
  renamed: ReadonlyMap<string, string>,
  rename: (name: string) => string,
): OnnxNode {
  return {
    ...node,
    name: `${prefix}${node.name ?? ''}`,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) => ({
      ...attribute,
      ...(attribute.g && { g: prefixNames(attribute.g, prefix, renamed) }),
      ...(attribute.graphs && { graphs: attribute.graphs.map((graph) => prefixNames(graph, prefix, renamed)) }),
    })),
  };
}
