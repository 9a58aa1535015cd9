import type { JsonSchema } from '../ir/json.ts';
import type { PipelineNode } from '../ir/nodes/pipeline-node.ts';
import { makeRef } from './make-ref.ts';
import { addressIn, type RecordingScope } from './recorder.ts';
import type { Ref } from './ref.ts';

/**
 * Adds a node to its scope, and gives the Ref to what it will give.
 *
 * @param itemTitle of a node that gives a list, what its items are
 */
export function recordNode<T>(
  scope: RecordingScope,
  node: PipelineNode,
  schema: JsonSchema | null,
  itemTitle?: string,
): Ref<T> {
  scope.nodes.push(node);
  const title = `the output of ${node.kind === 'task' ? 'task' : node.kind} '${node.name}'`;
  return makeRef({
    binding: { kind: 'output', node: addressIn(scope, node.name), path: [] },
    origins: [{ scope, title }],
    title,
    schema,
    itemTitle,
  });
}
