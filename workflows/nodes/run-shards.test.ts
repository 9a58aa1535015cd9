import { describe, expect, it } from 'vitest';
import { FanOutNode } from '../../ir/nodes/fan-out-node.ts';
import type { ItemFailures, ItemsPart, PartPlace, PartRunner } from '../part.ts';
import { type Settled, succeeded } from '../settled.ts';
import type { ItemRange } from './run-items.ts';
import { runShards } from './run-shards.ts';

const NODE = FanOutNode.create({
  name: 'wide',
  after: [],
  items: { kind: 'param', path: [] },
  concurrency: null,
  minSuccess: 1,
  body: { nodes: [], output: null },
});
const PLACE: PartPlace = {
  registered: {},
  limitedQueues: [],
  facts: { id: 'r', pipeline: 'p', project: 'default', logicalTime: null, partition: null, status: null, error: null },
  scope: { params: {}, levels: [] },
  sequence: 0,
};

function rangeOf(items: number, fields: Partial<ItemRange> = {}): ItemRange {
  return {
    node: NODE,
    items: Array.from({ length: items }, (_, at) => at),
    first: 0,
    width: 500,
    tolerated: 0,
    ...fields,
  };
}

/** A part whose items end only when the test says so. */
interface Held {
  readonly part: ItemsPart;
  readonly failed: (news: ItemFailures) => void;
  readonly end: (outcomes: readonly Settled[]) => void;
  stoppedBecause: string | null;
}

function heldParts() {
  const held: Held[] = [];
  const runner: PartRunner = {
    startItems: (part, failed) => {
      let end: Held['end'] = () => {};
      const outcomes = new Promise<readonly Settled[]>((resolve) => {
        end = resolve;
      });
      const one: Held = { part, failed, end, stoppedBecause: null };
      held.push(one);
      return {
        outcomes,
        stop: (because) => {
          one.stoppedBecause = because;
        },
      };
    },
    runLoop: async () => {
      throw new Error('There are no loops here.');
    },
  };
  return { held, runner };
}

const all = ({ part }: Held): readonly Settled[] => part.range.items.map((item) => succeeded(item));
const failure = { kind: 'handler', name: 'Error', message: 'no', stack: null, retryable: false } as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('shards', () => {
  it('hold a thousand tasks each, four at once, with the width shared out', async () => {
    const { held, runner } = heldParts();
    const counts: unknown[] = [];
    const ended = (now: unknown) => void counts.push(now);
    const done = runShards(rangeOf(2_600, { width: 7 }), 2, PLACE, runner, { ended });
    expect(held.map(({ part: { range } }) => [range.first, range.items.length, range.width])).toEqual([
      [0, 500, 2],
      [500, 500, 2],
      [1_000, 500, 2],
      [1_500, 500, 1],
    ]);
    for (const one of held) one.end(all(one));
    await turn();
    expect(held.slice(4).map(({ part: { range } }) => [range.first, range.items.length])).toEqual([
      [2_000, 500],
      [2_500, 100],
    ]);
    for (const one of held.slice(4)) one.end(all(one));
    expect(await done).toEqual(Array.from({ length: 2_600 }, (_, at) => succeeded(at)));
    expect(counts.at(-1)).toEqual({ succeeded: 2_600, failed: 0 });
  });

  it('are never more than a few hundred, however many items there are', async () => {
    const { held, runner } = heldParts();
    void runShards(rangeOf(1_000_000), 1, PLACE, runner, { ended: () => {} });
    await turn();
    expect(held[0]?.part.range.items).toHaveLength(2_500);
  });

  it('are no more at once than the width', async () => {
    const { held, runner } = heldParts();
    void runShards(rangeOf(5_000, { width: 1 }), 1, PLACE, runner, { ended: () => {} });
    await turn();
    expect(held.map(({ part: { range } }) => range.width)).toEqual([1]);
  });

  it('all stop when together they have more failures than are tolerated, and no other begins', async () => {
    const { held, runner } = heldParts();
    const done = runShards(rangeOf(9_000, { tolerated: 2 }), 1, PLACE, runner, { ended: () => {} });
    held[0]?.failed({ count: 1, because: "'wide[3]/a' failed" });
    held[1]?.failed({ count: 1, because: "'wide[1003]/a' failed" });
    expect(held.every(({ stoppedBecause }) => stoppedBecause === null)).toBe(true);
    held[1]?.failed({ count: 2, because: "'wide[1004]/a' failed" });
    expect(held.map(({ stoppedBecause }) => stoppedBecause)).toEqual(Array(4).fill("'wide[1004]/a' failed"));
    for (const one of held) one.end([{ status: 'failed', path: 'wide[0]/a', failure }, { status: 'cancelled' }]);
    const outcomes = await done;
    expect(held).toHaveLength(4);
    expect([outcomes[0]?.status, outcomes[1]?.status, outcomes[2], outcomes[1_000]?.status]).toEqual([
      'failed',
      'cancelled',
      undefined,
      'failed',
    ]);
  });

  it('count failures that were not told of before their end', async () => {
    const { held, runner } = heldParts();
    void runShards(rangeOf(9_000), 1, PLACE, runner, { ended: () => {} });
    held[0]?.end([{ status: 'failed', path: 'wide[0]/a', failure }]);
    await turn();
    expect(held.slice(1).map(({ stoppedBecause }) => stoppedBecause)).toEqual(Array(3).fill("'wide[0]/a' failed"));
    expect(held).toHaveLength(4);
  });

  it('that were cancelled are not followed by others', async () => {
    const { held, runner } = heldParts();
    const done = runShards(rangeOf(9_000), 1, PLACE, runner, { ended: () => {} });
    for (const one of held) one.end(one.part.range.items.map(() => ({ status: 'cancelled' })));
    await done;
    expect(held).toHaveLength(4);
  });
});
