import type { FinallyNode } from '../../ir/nodes/finally-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { addressIn, innerScope, pathIn, type Scope } from '../scope.ts';

/** Runs a scope whatever happened before it, a cancellation included. */
export async function runFinally(node: FinallyNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  execution.emit({ path, kind: 'finally', status: 'running' });
  const shield = execution.port.scope({ shielded: true });
  const inner = innerScope(node.body, scope, addressIn(scope, node.name), path, { isFinally: true });
  const shielded = { ...execution, port: shield.port };
  return { settled: await shield.run(() => execution.runBlock(node.body, inner, shielded)) };
}
