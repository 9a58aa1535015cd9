import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep, fanOut, finallyDo, format } from '../dsl/index.ts';
import type { PipelineDefinition } from '../dsl/pipeline.ts';
import type { RunRequest } from '../ir/protocol/run-request.ts';
import type { CacheLookup, TaskDispatch, TaskOrigin } from '../ir/protocol/task-dispatch.ts';
import { TaskFailed, type TaskFailure } from '../ir/protocol/task-failure.ts';
import type { Transition } from '../ir/protocol/transition.ts';
import { inProcessPort } from '../workers/local/in-process-port.ts';
import { interpret } from './interpreter.ts';
import { compiledOf } from './interpreter-driver.suite.ts';

const shape = z.object({ n: z.number() });
const work = defineStep({ name: 'work', input: shape, output: shape }).implement(() =>
  expect.fail('No code runs here.'),
);
const once = definePipeline({ name: 'once' }, () => work({ n: 1 }));
const FAILURE: TaskFailure = { kind: 'handler', name: 'Error', message: 'no', stack: null, retryable: false };
const HOLDER = { runId: 'other', path: 'work' };

function lookupOf(reason: CacheLookup['reason'], origin: TaskOrigin | null = null): CacheLookup {
  const hit = reason === 'hit';
  return { key: 'k', reason, detail: reason, output: hit ? { n: 7 } : null, hit, origin };
}

interface World {
  readonly lookUp: (dispatch: TaskDispatch, awaited: TaskOrigin | null, now: number) => Promise<CacheLookup>;
  readonly runTask?: (dispatch: TaskDispatch) => Promise<{ n: number }>;
}

/** Time passes by itself: each sleep is over at once, and counted. */
async function run(
  pipeline: PipelineDefinition,
  world: World,
  stop = new AbortController(),
  cache: RunRequest['cache'] = null,
) {
  const transitions: Transition[] = [];
  const slept: number[] = [];
  let now = 0;
  const real = inProcessPort(
    {
      record: (transition) => transitions.push(transition),
      lookUp: (dispatch, { awaited }) => world.lookUp(dispatch, awaited, now),
      runTask: world.runTask ?? (async () => ({ n: 1 })),
      takeSlots: async () => ({ kind: 'granted' }),
      giveBackSlots: async () => [],
      promote: () => Promise.reject(new Error('Nothing is promoted.')),
      notify: async () => undefined,
      approval: async () => null,
    },
    stop.signal,
    new AbortController().signal,
  );
  const timed = (port: typeof real): typeof real => ({
    ...port,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
      await nextTurn();
      await port.sleep(0);
    },
    scope: (options) => {
      const scope = port.scope(options);
      return { ...scope, port: timed(scope.port) };
    },
  });
  const compiled = compiledOf(pipeline);
  const asked: RunRequest = {
    ...{ project: 'default', runId: 'mine', pipeline: 'p', compiledDigest: 'sha256:0', params: {} },
    ...{ logicalTime: null, partition: null, retryOf: null, rerunFrom: [], cache },
  };
  const outcome = await interpret({ compiled, registered: {} }, asked, timed(real));
  return { outcome, transitions, slept };
}

describe('a task whose result another makes', () => {
  it('waits, says for whom, and has the result', async () => {
    const awaited: (TaskOrigin | null)[] = [];
    const { outcome, transitions, slept } = await run(once, {
      lookUp: async (_, asked) => {
        awaited.push(asked);
        return awaited.length < 4 ? lookupOf('underWay', HOLDER) : lookupOf('hit', HOLDER);
      },
      runTask: () => Promise.reject(new Error('It is not run.')),
    });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { n: 7 } });
    expect(awaited).toEqual([null, HOLDER, HOLDER, HOLDER]);
    expect(slept).toHaveLength(3);
    expect(transitions.map(({ status, cache }) => [status, cache?.reason, cache?.origin])).toEqual([
      ['waiting', 'underWay', HOLDER],
      ['cached', 'hit', HOLDER],
    ]);
  });

  it('does the work itself where the other has not', async () => {
    const answers = [
      lookupOf('underWay', HOLDER),
      lookupOf('underWay', { ...HOLDER, runId: 'third' }),
      lookupOf('noEntry'),
    ];
    const { outcome, transitions } = await run(once, { lookUp: async () => answers.shift() ?? expect.fail() });
    expect(outcome).toMatchObject({ status: 'succeeded', output: { n: 1 } });
    expect(transitions.map(({ status }) => status)).toEqual(['waiting', 'waiting', 'running', 'succeeded']);
  });

  it.each([
    ['an hour', 3_600_000, 45],
    ['a day', 86_400_000, 70],
  ])('is looked up rarely: in %s', async (_, long, most) => {
    const { slept } = await run(once, {
      lookUp: async (_, __, now) => lookupOf(now < long ? 'underWay' : 'hit', HOLDER),
    });
    expect(slept.length).toBeGreaterThan(10);
    expect(slept.length).toBeLessThan(most);
    expect(slept.slice(0, 3)).toEqual([1_000, 1_000, 1_000]);
  });

  it('shares its pauses with all others of its run that wait', async () => {
    const lookUp: World['lookUp'] = async (_, __, now) => lookupOf(now < 60_000 ? 'underWay' : 'hit', HOLDER);
    const wide = definePipeline({ name: 'wide' }, () => {
      fanOut(
        Array.from({ length: 50 }, (_, n) => n),
        (n) => work({ n }),
      );
    });
    const alone = await run(once, { lookUp });
    const together = await run(wide, { lookUp });
    expect(together.outcome.status).toBe('succeeded');
    expect(together.slept).toEqual(alone.slept);
  });

  it('does not pause for one of its own run: it looks again when that has ended', async () => {
    const twice = definePipeline({ name: 'twice' }, () => {
      work({ n: 1 }, { name: 'first' });
      work({ n: 1 }, { name: 'second' });
    });
    let isKept = false;
    const { outcome, slept, transitions } = await run(twice, {
      lookUp: async ({ task }) => {
        if (isKept) return lookupOf('hit', { runId: 'mine', path: 'first' });
        return task.path === 'first' ? lookupOf('noEntry') : lookupOf('underWay', { runId: 'mine', path: 'first' });
      },
      runTask: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        isKept = true;
        return { n: 1 };
      },
    });
    expect(outcome.status).toBe('succeeded');
    expect(slept).toEqual([]);
    expect(transitions.filter(({ path }) => path === 'second').map(({ status }) => status)).toEqual([
      'waiting',
      'cached',
    ]);
  });

  it('waits no longer than its run', async () => {
    const stop = new AbortController();
    const { outcome, transitions } = await run(
      once,
      {
        lookUp: async () => {
          setTimeout(() => stop.abort(), 1);
          return lookupOf('underWay', HOLDER);
        },
      },
      stop,
    );
    expect(outcome.status).toBe('cancelled');
    expect(transitions.at(-1)).toMatchObject({ path: 'work', status: 'cancelled' });
  });
});

describe('what a run is told to do with the cache', () => {
  const policies = async (cache: RunRequest['cache'], of: PipelineDefinition) => {
    const looked: string[] = [];
    const { transitions } = await run(
      of,
      {
        lookUp: async ({ settings }) => {
          looked.push(settings.cache.policy);
          return lookupOf('noEntry');
        },
      },
      new AbortController(),
      cache,
    );
    return { looked, details: transitions.map(({ cache }) => cache?.detail) };
  };
  const mail = defineStep({ name: 'mail', input: shape, output: shape, effects: 'idempotent', cache: 'on' });
  const mailStep = mail.implement(() => expect.fail('No code runs here.'));

  it('counts in place of what its tasks say', async () => {
    expect((await policies(undefined, once)).looked).toEqual(['on']);
    expect((await policies('refresh', once)).looked).toEqual(['refresh']);
    const off = await policies('off', once);
    expect(off.looked).toEqual([]);
    expect(off.details).toContain('The cache is off for this run.');
  });

  it('leaves off what is off, and what has effects to its author', async () => {
    const off = definePipeline({ name: 'off' }, () => work({ n: 1 }, { cache: 'off' }));
    expect((await policies('refresh', off)).looked).toEqual([]);
    expect(
      (
        await policies(
          'off',
          definePipeline({ name: 'm' }, () => mailStep({ n: 1 })),
        )
      ).looked,
    ).toEqual(['on']);
  });
});

describe('a key that the call gives', () => {
  const identities = async (pipeline: PipelineDefinition) => {
    const found: unknown[] = [];
    await run(pipeline, {
      lookUp: async ({ task, identity }) => {
        if (task.path.endsWith('keyed')) found.push(identity);
        return lookupOf('noEntry');
      },
    });
    return found;
  };

  it('goes along as the run has it, and is waited for', async () => {
    const pipeline = definePipeline({ name: 'keyed' }, () => {
      const { n } = work({ n: 4 }, { name: 'first' });
      work({ n: 1 }, { name: 'keyed', cache: { key: { day: format`day ${n}`, n } } });
    });
    expect(await identities(pipeline)).toEqual([{ day: 'day 1', n: 1 }]);
  });

  it('that comes from what has failed, in a `finally`, leaves its task without the cache', async () => {
    const pipeline = definePipeline({ name: 'lost' }, () => {
      const { n } = work({ n: 4 }, { name: 'first' });
      finallyDo(() => {
        work({ n: 1 }, { name: 'keyed', cache: { key: { n } } });
      });
    });
    let ran = 0;
    const { transitions } = await run(pipeline, {
      lookUp: async ({ task }) => (task.path === 'first' ? lookupOf('noEntry') : expect.fail('It is not looked up.')),
      runTask: async ({ task }) => {
        if (task.path === 'first') throw new TaskFailed(FAILURE);
        ran++;
        return { n: 1 };
      },
    });
    expect(ran).toBe(1);
    expect(transitions.findLast(({ path }) => path.endsWith('keyed'))?.cache?.detail).toBe(
      "Its cache key comes from 'first', which failed.",
    );
  });
});
