import { evaluateCondition } from '../../ir/evaluate-condition.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { Block } from '../../ir/nodes/block.ts';
import { branchName, type WhenNode } from '../../ir/nodes/when-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { addressIn, bindingSource, innerScope, pathIn, type Scope } from '../scope.ts';
import { succeeded } from '../settled.ts';

/** Tests the conditions in order and runs the scope of the first that holds; the others' tasks are skipped. */
export async function runWhen(node: WhenNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const { chosen, traces } = choose(node, scope, execution);
  const detail: JsonObject = { chosen: chosen?.name ?? null, conditions: traces };
  const path = pathIn(scope, node.name);
  execution.emit({ path, kind: 'when', status: 'running', detail });
  for (const scopeOf of scopesOf(node)) {
    if (scopeOf.name !== chosen?.name) skipAll(scopeOf, path, execution);
  }
  if (!chosen) return { settled: succeeded(null), shown: { detail } };
  const address = `${addressIn(scope, node.name)}/${chosen.name}`;
  const inner = innerScope(chosen.body, scope, address, `${path}/${chosen.name}`);
  return { settled: await execution.runBlock(chosen.body, inner, execution), shown: { detail } };
}

interface NamedBlock {
  readonly name: string;
  readonly body: Block;
}

function scopesOf(node: WhenNode): readonly NamedBlock[] {
  const branches = node.branches.map(({ body }, index) => ({ name: branchName(index), body }));
  return node.otherwise ? [...branches, { name: 'otherwise', body: node.otherwise }] : branches;
}

function choose(
  node: WhenNode,
  scope: Scope,
  execution: Execution,
): { readonly chosen: NamedBlock | null; readonly traces: readonly JsonObject[] } {
  const traces: JsonObject[] = [];
  const source = bindingSource(scope, execution);
  for (const [index, { condition, body }] of node.branches.entries()) {
    const { holds, trace } = evaluateCondition(condition, source);
    traces.push(trace);
    if (holds) return { chosen: { name: branchName(index), body }, traces };
  }
  return { chosen: node.otherwise && { name: 'otherwise', body: node.otherwise }, traces };
}

function skipAll({ name, body }: NamedBlock, path: string, execution: Execution): void {
  const because = `the branch '${name}' of '${path}' was not taken`;
  for (const node of body.nodes) {
    const step = node.kind === 'task' ? node.step : null;
    execution.emit({
      path: `${path}/${name}/${node.name}`,
      kind: node.kind,
      step,
      status: 'skipped',
      detail: { because },
    });
  }
}
