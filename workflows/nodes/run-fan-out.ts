import type { JsonValue } from '../../ir/json.ts';
import type { FanOutNode } from '../../ir/nodes/fan-out-node.ts';
import { evaluateBinding } from '../evaluate-binding.ts';
import type { Execution, NodeResult } from '../execution.ts';
import { graphFailure } from '../graph-failure.ts';
import { addressIn, bindingSource, innerScope, pathIn, type Scope } from '../scope.ts';
import { firstTrouble, type Settled, succeeded } from '../settled.ts';

/** Items under way at once where the pipeline sets no limit: all of them are in the run's memory. */
const WINDOW = 500;

/** Runs the body for each item; stops the rest once too many have failed. */
export async function runFanOut(node: FanOutNode, scope: Scope, execution: Execution): Promise<NodeResult> {
  const path = pathIn(scope, node.name);
  const items = evaluateBinding(node.items, bindingSource(scope, execution)) ?? null;
  if (!Array.isArray(items)) {
    throw graphFailure(`Fan-out '${path}' needs a list of items and got ${JSON.stringify(items).slice(0, 80)}.`);
  }
  execution.emit({ path, kind: 'fanOut', status: 'running', detail: { items: items.length } });
  const outcomes = await runItems(node, items, scope, execution);
  const failed = outcomes.filter((outcome) => outcome.status !== 'succeeded').length;
  const detail = { items: items.length, succeeded: items.length - failed, failed };
  const trouble = troubleOf(outcomes, tolerated(node, items.length));
  const values = outcomes.map((outcome) => (outcome.status === 'succeeded' ? outcome.value : null));
  return { settled: trouble ?? succeeded(values), shown: { detail } };
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

async function runItems(
  node: FanOutNode,
  items: readonly JsonValue[],
  scope: Scope,
  execution: Execution,
): Promise<readonly Settled[]> {
  const outcomes: Settled[] = items.map(() => ({ status: 'skipped', because: 'too many other items failed' }));
  const group = execution.port.scope({ shielded: false });
  let because: string | null = null;
  const inner = { ...execution, port: group.port, stoppedBecause: () => because ?? execution.stoppedBecause() };
  const queue = items.entries();
  let failures = 0;
  const takeTurns = async () => {
    for (const [index, item] of queue) {
      if (failures > tolerated(node, items.length)) return;
      const settled = await runItem(node, item, index, scope, inner);
      outcomes[index] = settled;
      if (settled.status !== 'failed' || ++failures <= tolerated(node, items.length)) continue;
      because ??= `'${settled.path}' failed`;
      group.cancel();
    }
  };
  const width = Math.min(node.concurrency ?? WINDOW, items.length);
  await group.run(() => Promise.all(Array.from({ length: width }, takeTurns)));
  return outcomes;
}

function runItem(
  node: FanOutNode,
  item: JsonValue,
  index: number,
  scope: Scope,
  execution: Execution,
): Promise<Settled> {
  const address = addressIn(scope, node.name);
  const path = `${pathIn(scope, node.name)}[${index}]`;
  return execution.runBlock(
    node.body,
    innerScope(node.body, scope, address, path, { item: { item, index } }),
    execution,
  );
}
