import { FinallyNode } from '../ir/nodes/finally-node.ts';
import { afterOf, type NodeOptions } from './node-options.ts';
import { recordBlock } from './record-block.ts';
import { recordNode } from './record-node.ts';
import { addressIn, claimName, innerScope, recordingScope } from './recorder.ts';
import type { Ref } from './ref.ts';
import type { Resolved, Returnable } from './wired.ts';

/**
 * Runs tasks once every task recorded before it in its scope has ended, however it ended: to clean up. In it, what
 * comes from a task that did not succeed is null.
 */
export function finallyDo<R extends Returnable>(body: () => R, options: NodeOptions = {}): Ref<Resolved<R>> {
  const scope = recordingScope('`finallyDo`');
  const name = claimName(scope, options.name ?? 'finally', 'finally');
  const inner = innerScope(scope, addressIn(scope, name), `the body of finally '${name}'`);
  const { block, schema } = recordBlock(inner, body);
  const after = afterOf(scope, options, `finally '${name}'`);
  return recordNode(scope, FinallyNode.create({ name, after, body: block }), schema);
}
