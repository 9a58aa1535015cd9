import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, fanOut, finallyDo, format, gte, loop, sleep } from '../dsl/index.ts';
import type { RunSmall, StatusesOf } from './interpreter.suite.ts';
import type { Seen, TestHandler } from './interpreter-driver.suite.ts';
import { addStep, flakyStep, HANDLERS, noteStep, tidyStep } from './interpreter-steps.suite.ts';

const params = z.object({ n: z.number().default(1) });

const hang: TestHandler = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')));
  });

/** Until the path has ended well. What could have begun by then has been recorded with it, or is never. */
async function succeeded(path: string, seen: Seen): Promise<void> {
  while (!seen().some((each) => each.path === path && each.status === 'succeeded')) await delay(10);
}

/** Runs that are held, and runs whose cancellation takes too long. */
export function interpreterControl(run: RunSmall, statuses: StatusesOf): void {
  it('starts no task, item or round while it is paused, ends what is under way, and goes on from there', async () => {
    let heldBack: readonly string[] = ['nothing was seen'];
    const ran = await run(
      definePipeline({ name: 'held', params, onExit: () => noteStep({ text: 'out' }) }, ({ params: { n } }) => {
        const { value } = addStep({ a: n, b: 1 }, { name: 'first' });
        addStep({ a: value, b: 1 }, { name: 'second' });
        fanOut([1, 2], { name: 'wide' }, (item) => addStep({ a: value, b: item }));
        loop({ value }, { name: 'rounds', max: 3, until: (now) => gte(now.value, 4) }, (now) =>
          addStep({ a: now.value, b: 1 }),
        );
        finallyDo(() => noteStep({ text: format`${value}` }));
      }),
      {
        pauseOn: {
          step: 'add',
          meanwhile: async (seen) => {
            await succeeded('first', seen);
            heldBack = seen().map(({ path }) => path);
          },
        },
      },
    );
    // The fan-out over a plain list had opened before.
    expect([...new Set(heldBack)].sort()).toEqual(['first', 'wide']);
    expect(ran.outcome.status).toBe('succeeded');
    expect(statuses(ran)).toMatchObject({
      second: 'succeeded',
      wide: 'succeeded',
      rounds: 'succeeded',
      'finally/note': 'succeeded',
      'onExit/note': 'succeeded',
    });
  });

  it('lets a sleep go on while it is paused, and begins no other attempt', async () => {
    const attempts: number[] = [];
    let before: readonly number[] = [];
    const flaky: TestHandler = (_, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error('not yet');
      return { value: attempt };
    };
    const ran = await run(
      definePipeline({ name: 'held-attempt', params }, () => {
        sleep(150, { name: 'nap' });
        flakyStep({ until: 2 });
      }),
      {
        handlers: { ...HANDLERS, flaky },
        pauseOn: {
          step: 'flaky',
          meanwhile: async (seen) => {
            await succeeded('nap', seen);
            before = [...attempts];
          },
        },
      },
    );
    expect(ran.outcome.status).toBe('succeeded');
    expect([before, attempts]).toEqual([[1], [1, 2]]);
  });

  it('stops finallyDo and onExit, too, when the grace of a cancelled run is over', async () => {
    const ran = await run(
      definePipeline({ name: 'overdue', params, onExit: () => noteStep({ text: 'out' }) }, () => {
        flakyStep({ until: 1 });
        finallyDo(() => tidyStep({ value: null }));
      }),
      { handlers: { ...HANDLERS, flaky: hang, tidy: hang }, cancelOn: 'flaky', stopHardOn: 'tidy' },
    );
    expect(ran.outcome.status).toBe('cancelled');
    expect(statuses(ran)).toMatchObject({
      flaky: 'cancelled',
      'finally/tidy': 'cancelled',
      'onExit/note': 'cancelled',
    });
  });
}
