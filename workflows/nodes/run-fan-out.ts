import { evaluateBinding } from '../../ir/evaluate-binding.ts';
import { graphFailure } from '../../ir/graph-failure.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { FanOutNode } from '../../ir/nodes/fan-out-node.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { placeOf } from '../part.ts';
import { bindingSource, pathIn, type Scope } from '../scope.ts';
import { firstTrouble, type Settled, succeeded } from '../settled.ts';
import { tasksIn } from '../tasks-in.ts';
import { type ItemRange, startItems } from './run-items.ts';
import { runShards } from './run-shards.ts';

/** Items under way at once where the pipeline sets no limit. */
const WINDOW = 500;
/** Tasks of theirs, whatever limit it sets: all of them may have to end before a history can be closed. */
const MOST_TASKS_AT_ONCE = 1_000;

/** Runs the body for each item, here or, where that is too much for one history, in shards. */
export async function runFanOut(node: FanOutNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  const items = evaluateBinding(node.items, bindingSource(scope, execution)) ?? null;
  if (!Array.isArray(items)) {
    throw graphFailure(`Fan-out '${path}' needs a list of items and got ${JSON.stringify(items).slice(0, 80)}.`);
  }
  execution.emit({ path, kind: 'fanOut', status: 'running', detail: { items: items.length } });
  const outcomes = outcomesOfAll(items, await runItems(node, items, scope, execution));
  const failed = outcomes.filter((outcome) => outcome.status !== 'succeeded').length;
  const detail = { items: items.length, succeeded: items.length - failed, failed };
  const trouble = troubleOf(outcomes, tolerated(node, items.length));
  const values = outcomes.map((outcome) => (outcome.status === 'succeeded' ? outcome.value : null));
  return { settled: trouble ?? succeeded(values), shown: { detail } };
}

async function runItems(
  node: FanOutNode,
  items: readonly JsonValue[],
  scope: Scope,
  execution: Execution,
): Promise<readonly (Settled | undefined)[]> {
  const { port, compiled } = execution;
  const tasks = Math.max(tasksIn(node.body, compiled.ir.pipelines), 1);
  const width = Math.min(node.concurrency ?? WINDOW, Math.max(Math.floor(MOST_TASKS_AT_ONCE / tasks), 1));
  const range: ItemRange = { node, items, first: 0, width, tolerated: tolerated(node, items.length) };
  const runner = port.apart(items.length * tasks);
  if (runner === null) return startItems(range, scope, execution).outcomes;
  const path = pathIn(scope, node.name);
  return runShards(range, tasks, await placeOf(node, scope, execution), runner, {
    ended: (counts) =>
      execution.emit({ path, kind: 'fanOut', status: 'running', detail: { items: items.length, ...counts } }),
  });
}

/** What was not begun when the run was stopped is as cancelled as what was under way. */
function outcomesOfAll(items: readonly JsonValue[], begun: readonly (Settled | undefined)[]): readonly Settled[] {
  const stopped = begun.find((outcome) => outcome?.status === 'cancelled');
  const rest = stopped ?? ({ status: 'skipped', because: 'too many other items failed' } as const);
  return items.map((_, index) => begun[index] ?? rest);
}

/** Items may fail, up to a number. One that was cancelled has not failed: the run was stopped, and its list has holes. */
function troubleOf(outcomes: readonly Settled[], most: number): Settled | null {
  const lost = outcomes.filter(({ status }) => status === 'failed' || status === 'skipped');
  if (lost.length > most) return firstTrouble(lost);
  return outcomes.find(({ status }) => status === 'cancelled') ?? null;
}

/** How many items may fail. The small term keeps 0.07 × 100 from asking for eight. */
function tolerated(node: FanOutNode, count: number): number {
  return count - Math.ceil(node.minSuccess * count - 1e-9);
}
