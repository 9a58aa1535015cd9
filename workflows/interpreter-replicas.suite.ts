import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline } from '../dsl/index.ts';
import type { RunSmall, StatusesOf } from './interpreter.suite.ts';
import type { TestHandler } from './interpreter-driver.suite.ts';
import { addStep, HANDLERS } from './interpreter-steps.suite.ts';

const params = z.object({ n: z.number().default(1) });

const threefold = (options: { readonly pools?: string } = {}) =>
  definePipeline({ name: 'threefold', params }, ({ params: { n } }) =>
    addStep({ a: n, b: 1 }, { resources: { replicas: 3 }, retry: { attempts: 2, backoff: '1ms' }, ...options }),
  );

/** Keeps what was called, and ended by being stopped, as `rank/attempt`. */
function watched(act: TestHandler) {
  const called: string[] = [];
  const stopped: string[] = [];
  const handler: TestHandler = async (input, call) => {
    const who = `${call.rank}/${call.attempt}`;
    called.push(who);
    call.signal.addEventListener('abort', () => stopped.push(who));
    return act(input, call);
  };
  return { handlers: { ...HANDLERS, add: handler }, called, stopped };
}

function untilStopped(signal: AbortSignal): Promise<unknown> {
  return delay(30_000, undefined, { signal });
}

/** Tasks that are several handlers. */
export function interpreterReplicas(run: RunSmall, statuses: StatusesOf): void {
  it('runs all replicas of a task, and takes what rank 0 gives', async () => {
    const { handlers, called } = watched((_, { rank }) => ({ value: Number(rank) + 10 }));
    const ran = await run(threefold(), { handlers });
    expect(ran.outcome).toMatchObject({ status: 'succeeded', output: { value: 10 } });
    expect(called.sort()).toEqual(['0/1', '1/1', '2/1']);
    expect(ran.transitions.filter(({ status }) => status === 'succeeded').map(({ path }) => path)).toEqual(['add']);
  });

  it('stops all replicas when one fails, and tries all of them again', async () => {
    const { handlers, called, stopped } = watched(async (input, call) => {
      if (call.attempt === 2) return HANDLERS.add?.(input, call);
      if (call.rank === 1) throw new Error('rank 1 broke');
      return untilStopped(call.signal);
    });
    const ran = await run(threefold(), { handlers });
    expect(ran.outcome).toMatchObject({ status: 'succeeded', output: { value: 2 } });
    // One that had not begun when rank 1 failed never did.
    expect(called.filter((who) => who.endsWith('/2')).sort()).toEqual(['0/2', '1/2', '2/2']);
    expect(stopped.filter((who) => who.endsWith('/2'))).toEqual([]);
  });

  it('counts what fails in one of them once, and says which it was', async () => {
    const { handlers, called } = watched((_, { rank, signal }) => {
      if (rank === 2) throw new Error('no luck');
      return untilStopped(signal);
    });
    const ran = await run(threefold(), { handlers });
    expect(ran.outcome.status).toBe('failed');
    expect(ran.outcome.error).toContain('Rank 2 of 3: no luck');
    expect(called.filter((who) => who.startsWith('2/'))).toEqual(['2/1', '2/2']);
  });

  it('stops all of them when the run is cancelled', async () => {
    const { handlers } = watched((_, { signal }) => untilStopped(signal));
    const ran = await run(threefold(), { handlers, cancelOn: 'add' });
    expect(ran.outcome.status).toBe('cancelled');
    expect(statuses(ran)).toEqual({ add: 'cancelled' });
  });

  it('takes slots of pools once for all of them', async () => {
    const ran = await run(threefold({ pools: 'warehouse' }), { pools: { warehouse: 1 } });
    expect(ran.outcome).toMatchObject({ status: 'succeeded', output: { value: 2 } });
  });
}
