import { evaluateBinding } from '../../ir/evaluate-binding.ts';
import type { LoopNode } from '../../ir/nodes/loop-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { placeOf } from '../part.ts';
import { bindingSource, type Scope } from '../scope.ts';
import { tasksIn } from '../tasks-in.ts';
import { runRounds } from './run-rounds.ts';

/** Runs a loop here or, where all the rounds that it may have are too much for one history, in one of its own. */
export async function runLoop(node: LoopNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const { port, compiled, sequence } = execution;
  const from = { iteration: 0, value: evaluateBinding(node.initial, bindingSource(scope, execution)) ?? null };
  const runner = port.apart(node.max * Math.max(tasksIn(node.body, compiled.ir.pipelines), 1));
  if (runner === null) return runRounds(node, from, scope, execution);
  const place = await placeOf(node, scope, execution);
  const end = await runner.runLoop({ kind: 'loop', place, node, from });
  sequence.pass(end.sequence);
  return end.result;
}
