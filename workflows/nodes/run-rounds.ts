import { evaluateCondition } from '../../ir/evaluate-condition.ts';
import { graphFailure } from '../../ir/graph-failure.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { LoopNode } from '../../ir/nodes/loop-node.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { addressIn, bindingSource, innerScope, pathIn, type Scope } from '../scope.ts';

/** Where a loop stands: the round that comes next, and what it starts with. */
export interface Round {
  readonly iteration: number;
  readonly value: JsonValue;
}

export interface RoundsWatch {
  /** Asked before each round but the first. What it throws goes up. */
  begin?(round: Round): Promise<void>;
}

/** Runs the body again and again, each time with the last output, until the condition holds. */
export async function runRounds(
  node: LoopNode,
  from: Round,
  scope: Scope,
  execution: Execution,
  watch: RoundsWatch = {},
): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  try {
    return await rounds(node, from, scope, execution, watch);
  } catch (error) {
    if (error instanceof TaskFailed) return { settled: { status: 'failed', path, failure: error.failure } };
    throw error;
  }
}

async function rounds(
  node: LoopNode,
  from: Round,
  scope: Scope,
  execution: Execution,
  watch: RoundsWatch,
): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  let { value } = from;
  for (let { iteration } = from; iteration < node.max; iteration++) {
    if (iteration > from.iteration) {
      await execution.port.mayStart();
      await watch.begin?.({ iteration, value });
    }
    execution.emit({ path, kind: 'loop', status: 'running', detail: { iteration } });
    const at = (carried: JsonValue) =>
      innerScope(node.body, scope, addressIn(scope, node.name), `${path}#${iteration}`, {
        carried: { value: carried, iteration },
      });
    const settled = await execution.runBlock(node.body, at(value), execution);
    const detail = { iterations: iteration + 1 };
    if (settled.status !== 'succeeded') return { settled, shown: { detail } };
    value = settled.value;
    const { holds, trace } = evaluateCondition(node.until, bindingSource(at(value), execution));
    if (holds) return { settled, shown: { detail: { ...detail, until: trace } } };
  }
  throw graphFailure(
    `Loop '${path}' ran ${node.max} times and its condition never held. Raise \`max\`, or loosen \`until\`.`,
  );
}
