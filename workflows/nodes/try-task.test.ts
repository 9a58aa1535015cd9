import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { ATTEMPT_REPLACED, NO_ROOM, NOT_GATHERED, STORE_AWAY, TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { StepContract } from '../../ir/step-contract.ts';
import type { ExecutionPort } from '../execution-port.ts';
import { tryTask } from './try-task.ts';

const HOUR_MS = 3_600_000;

/** A world whose clock moves by what is waited, and its workers' answer to a replica by the time of day. */
function worldOf(
  answer: (dispatch: TaskDispatch, now: number) => { readonly name: string; readonly tookMs: number } | null,
  effects: StepContract['effects'] = 'none',
) {
  const dispatched: TaskDispatch[] = [];
  let now = 0;
  const port = {
    now: () => now,
    mayStart: async () => undefined,
    sleep: async (ms: number) => {
      now += ms;
    },
    runTask: async (dispatch: TaskDispatch): Promise<JsonValue> => {
      dispatched.push(dispatch);
      const refusal = answer(dispatch, now);
      if (refusal === null) return 'done';
      now += refusal.tookMs;
      throw new TaskFailed({ kind: 'worker', name: refusal.name, message: '', stack: null, retryable: true });
    },
    scope: () => ({ port, run: (body: () => Promise<unknown>) => body(), cancel: () => undefined }),
  } as unknown as ExecutionPort;
  const retry = { attempts: 1, backoffMs: 1, factor: 1, maxBackoffMs: 1, nonRetryable: [] };
  const dispatch = {
    contract: { effects },
    settings: { retry, resources: { replicas: 1 } },
  } as unknown as TaskDispatch;
  return { dispatched, run: () => tryTask(dispatch, port) };
}

describe('replicas that wait for days', () => {
  it('behind others ask some forty times at first, then once an hour', async () => {
    const { dispatched, run } = worldOf((_, now) =>
      now < 48 * HOUR_MS ? { name: NOT_GATHERED, tookMs: 5_000 } : null,
    );
    expect(await run()).toBe('done');
    expect(dispatched.length).toBeGreaterThan(48);
    expect(dispatched.length).toBeLessThan(100);
  });

  it('for room on full workers go from one to the next once an hour', async () => {
    const { dispatched, run } = worldOf(({ replica }, now) =>
      now < 48 * HOUR_MS ? { name: NO_ROOM, tookMs: replica?.roomWithinMs ?? 0 } : null,
    );
    expect(await run()).toBe('done');
    expect(dispatched.length).toBeLessThan(70);
    expect(dispatched.slice(0, 3).map(({ replica }) => replica?.roomWithinMs)).toEqual([1_000, 2_000, 4_000]);
    expect(dispatched.at(-1)?.replica?.roomWithinMs).toBe(HOUR_MS);
  });
});

describe('workers that cannot do their own part', () => {
  const awayFor = (ms: number) => (_: TaskDispatch, now: number) =>
    now < ms ? { name: 'MetadataError', tookMs: 100 } : null;

  it('take no attempt for five minutes, and are asked again after growing pauses', async () => {
    const { dispatched, run } = worldOf(awayFor(290_000));
    expect(await run()).toBe('done');
    expect(dispatched.length).toBeGreaterThan(10);
    expect(dispatched.length).toBeLessThan(30);
  });

  it('take attempts from then on though replicas give way in between', async () => {
    let count = 0;
    const { dispatched, run } = worldOf(() => ({ name: ++count % 2 ? 'MetadataError' : NOT_GATHERED, tookMs: 100 }));
    await expect(run()).rejects.toMatchObject({ failure: { name: 'MetadataError' } });
    expect(dispatched.length).toBeLessThan(100);
  });

  it('take an attempt at once where nobody foresaw what they met', async () => {
    const { dispatched, run } = worldOf(() => ({ name: 'TypeError', tookMs: 1 }));
    await expect(run()).rejects.toThrow(TaskFailed);
    expect(dispatched).toHaveLength(1);
  });

  it('take attempts from then on', async () => {
    await expect(worldOf(awayFor(HOUR_MS)).run()).rejects.toMatchObject({ failure: { name: 'MetadataError' } });
  });

  it('take the only attempt of a task that runs for hours', async () => {
    const { dispatched, run } = worldOf(() => ({ name: 'MetadataError', tookMs: HOUR_MS }));
    await expect(run()).rejects.toThrow(TaskFailed);
    expect(dispatched).toHaveLength(2);
  });

  it('take an attempt where effects are external: nobody can say whether they came about', async () => {
    const { dispatched, run } = worldOf(awayFor(1_000), 'external');
    await expect(run()).rejects.toThrow(TaskFailed);
    expect(dispatched).toHaveLength(1);
  });

  it('take none of those either where the store was away before anything began', async () => {
    const away = (_: TaskDispatch, now: number) => (now < 60_000 ? { name: STORE_AWAY, tookMs: 30_000 } : null);
    const { dispatched, run } = worldOf(away, 'external');
    expect(await run()).toBe('done');
    expect(dispatched).toHaveLength(3);
  });
});

it('a task of which only a replaced delivery is heard is tried again, and takes none of its attempts', async () => {
  let heard = 0;
  const { dispatched, run } = worldOf(() => (++heard === 1 ? { name: ATTEMPT_REPLACED, tookMs: 1 } : null));
  expect(await run()).toBe('done');
  expect(dispatched).toHaveLength(2);
});
