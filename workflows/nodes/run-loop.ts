import type { JsonValue } from '../../ir/json.ts';
import type { LoopNode } from '../../ir/nodes/loop-node.ts';
import { evaluateBinding } from '../evaluate-binding.ts';
import { evaluateCondition } from '../evaluate-condition.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { graphFailure } from '../graph-failure.ts';
import { addressIn, bindingSource, innerScope, pathIn, type Scope } from '../scope.ts';

/** Runs the body again and again, each time with the last output, until the condition holds. */
export async function runLoop(node: LoopNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  let value: JsonValue = evaluateBinding(node.initial, bindingSource(scope, execution)) ?? null;
  for (let iteration = 0; iteration < node.max; iteration++) {
    if (iteration > 0) await execution.port.mayStart();
    execution.emit({ path, kind: 'loop', status: 'running', detail: { iteration } });
    const at = (carried: JsonValue) =>
      innerScope(node.body, scope, addressIn(scope, node.name), `${path}#${iteration}`, {
        carried: { value: carried, iteration },
      });
    const settled = await execution.runBlock(node.body, at(value), execution);
    if (settled.status !== 'succeeded') return { settled, shown: { detail: { iterations: iteration + 1 } } };
    value = settled.value;
    const { holds, trace } = evaluateCondition(node.until, bindingSource(at(value), execution));
    if (holds) return { settled, shown: { detail: { iterations: iteration + 1, until: trace } } };
  }
  throw graphFailure(
    `Loop '${path}' ran ${node.max} times and its condition never held. Raise \`max\`, or loosen \`until\`.`,
  );
}
