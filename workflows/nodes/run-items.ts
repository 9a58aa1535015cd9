import type { JsonValue } from '../../ir/json.ts';
import type { FanOutNode } from '../../ir/nodes/fan-out-node.ts';
import type { Execution } from '../execution.ts';
import type { ItemFailures, RunningItems } from '../part.ts';
import { addressIn, innerScope, pathIn, type Scope } from '../scope.ts';
import type { Settled } from '../settled.ts';

/** Consecutive items of a fan-out. */
export interface ItemRange {
  readonly node: FanOutNode;
  readonly items: readonly JsonValue[];
  /** The index of the first of them in the whole list. */
  readonly first: number;
  /** Under way at once. */
  readonly width: number;
  /** How many may fail before the rest is stopped. */
  readonly tolerated: number;
}

export interface ItemWatch {
  failed?(news: ItemFailures): void;
  /** Whether another item may begin. Once it says no, none does. */
  mayBegin?(): boolean;
}

/** Runs the body for each item; stops the rest once too many have failed. */
export function startItems(range: ItemRange, scope: Scope, execution: Execution, watch: ItemWatch = {}): RunningItems {
  const { items, width, tolerated } = range;
  const group = execution.port.scope({ shielded: false });
  let because: string | null = null;
  const inner = { ...execution, port: group.port, stoppedBecause: () => because ?? execution.stoppedBecause() };
  const stop = (reason: string) => {
    because ??= reason;
    group.cancel();
  };
  const outcomes: Settled[] = [];
  let begun = 0;
  let failures = 0;
  const takeTurns = async () => {
    while (because === null && begun < items.length && watch.mayBegin?.() !== false) {
      const index = begun++;
      const settled = await runItem(range, index, scope, inner);
      outcomes[index] = settled;
      if (settled.status !== 'failed') continue;
      const news = { count: ++failures, because: `'${settled.path}' failed` };
      watch.failed?.(news);
      if (failures > tolerated) stop(news.because);
    }
  };
  const turns = () => Promise.all(Array.from({ length: Math.min(width, items.length) }, takeTurns));
  return { outcomes: group.run(turns).then(() => outcomes), stop };
}

function runItem(range: ItemRange, at: number, scope: Scope, execution: Execution): Promise<Settled> {
  const { node, items, first } = range;
  const index = first + at;
  const path = `${pathIn(scope, node.name)}[${index}]`;
  const fields = { item: { item: items[at] ?? null, index } };
  return execution.runBlock(
    node.body,
    innerScope(node.body, scope, addressIn(scope, node.name), path, fields),
    execution,
  );
}
