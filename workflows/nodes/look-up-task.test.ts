import { describe, expect, it } from 'vitest';
import type { CacheLookup, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { Execution } from '../execution.ts';
import { createFlights } from '../flights.ts';
import { runUnlessKnown } from './look-up-task.ts';

const OTHER = { runId: 'other', path: 'train' };

function lookupOf(reason: CacheLookup['reason']): CacheLookup {
  const origin = reason === 'underWay' ? OTHER : null;
  return { key: 'k', reason, detail: '', output: null, hit: reason === 'hit', origin };
}

/** A world that writes down what is asked of it, in order, and answers look-ups as it was told. */
function worldOf(answers: readonly CacheLookup['reason'][], pools: Record<string, number>) {
  const asked: string[] = [];
  const left = [...answers];
  let pauses = 0;
  const port = {
    now: () => 0,
    mayStart: async () => {
      if (pauses > 0) asked.push('held');
      pauses = 0;
    },
    isPaused: () => pauses > 0,
    lookUp: async (_: TaskDispatch, { claims, awaited }: { claims: boolean; awaited: unknown }) => {
      asked.push(`${claims ? 'claim' : 'look'}${awaited ? ' again' : ''}`);
      return lookupOf(left.shift() ?? expect.fail('It is not looked up so often.'));
    },
    takeSlots: async () => {
      asked.push('take');
      return { kind: 'granted' };
    },
    giveBackSlots: async () => {
      asked.push('give back');
      return [];
    },
    wake: async () => undefined,
    until: async (awaited: Promise<unknown>) => awaited,
    sleep: async () => void asked.push('sleep'),
    scope: () => ({ port, run: (body: () => Promise<unknown>) => body(), cancel: () => undefined }),
  };
  const execution = { port, lines: new Map(), limitedQueues: [] } as unknown as Execution;
  const task = { project: 'default', runId: 'mine', pipeline: 'p', path: 'train' };
  const dispatch = {
    task,
    contract: { cost: 'ordinary' },
    settings: { pools, resources: { queue: 'cpu' } },
  } as unknown as TaskDispatch;
  const flights = createFlights(execution.port);
  return {
    asked,
    pause: () => {
      pauses = 1;
    },
    run: () =>
      runUnlessKnown(
        {
          dispatch,
          takeOverFrom: null,
          waits: () => asked.push('waits'),
          inLine: () => asked.push('in line'),
          known: () => 'known',
          run: async () => {
            asked.push('run');
            return 'run';
          },
        },
        { ...execution, flights },
      ),
  };
}

describe('a task that needs slots', () => {
  const pools = { warehouse: 1 };

  it('claims its result when it has them', async () => {
    const { asked, run } = worldOf(['noEntry', 'noEntry'], pools);
    expect(await run()).toBe('run');
    expect(asked).toEqual(['look', 'take', 'claim', 'run', 'give back']);
  });

  it('needs none where the result is there', async () => {
    const { asked, run } = worldOf(['hit'], pools);
    expect(await run()).toBe('known');
    expect(asked).toEqual(['look']);
  });

  it('waits for another that makes the same without them', async () => {
    const { asked, run } = worldOf(['noEntry', 'underWay', 'hit'], pools);
    expect(await run()).toBe('known');
    expect(asked).toEqual(['look', 'take', 'claim', 'give back', 'waits', 'sleep', 'look again']);
  });
});

describe('a task of a paused run', () => {
  it('neither claims nor stands in line', async () => {
    const { asked, run, pause } = worldOf(['noEntry', 'noEntry'], { warehouse: 1 });
    pause();
    expect(await run()).toBe('run');
    expect(asked).toEqual(['look', 'give back', 'held', 'take', 'claim', 'run', 'give back']);
  });

  it('claims when it may go on', async () => {
    const { asked, run, pause } = worldOf(['noEntry'], {});
    pause();
    expect(await run()).toBe('run');
    expect(asked).toEqual(['held', 'claim', 'run']);
  });
});
