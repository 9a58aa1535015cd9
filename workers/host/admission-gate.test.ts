import { describe, expect, it } from 'vitest';
import type { Resources } from '../../ir/step-contract.ts';
import { createAdmissionGate } from './admission-gate.ts';

const CAPACITY = { memory: 1_000, cpu: 1, gpu: 2 };
const signal = new AbortController().signal;

function demand(changes: Partial<Resources>): Resources {
  return { queue: 'cpu', memory: null, cpu: null, gpu: null, ...changes };
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
}

describe('the admission gate', () => {
  it('lets in what fits, and the next when there is room', async () => {
    const gate = createAdmissionGate(CAPACITY);
    const first = await gate.enter(demand({ memory: 700 }), signal);
    const second = gate.enter(demand({ memory: 400 }), signal);
    expect(await isSettled(second)).toBe(false);
    first.leave();
    first.leave();
    expect(await isSettled(second)).toBe(true);
    expect(await isSettled(gate.enter(demand({ memory: 700 }), signal))).toBe(false);
  });

  it('lets no small task pass a big one that waits', async () => {
    const gate = createAdmissionGate(CAPACITY);
    const first = await gate.enter(demand({ memory: 600 }), signal);
    const big = gate.enter(demand({ memory: 900 }), signal);
    const small = gate.enter(demand({ memory: 100 }), signal);
    expect(await isSettled(small)).toBe(false);
    first.leave();
    await big;
    expect(await isSettled(small)).toBe(true);
  });

  it('lets in what asks for nothing, whoever waits', async () => {
    const gate = createAdmissionGate(CAPACITY);
    await gate.enter(demand({ memory: 600 }), signal);
    expect(await isSettled(gate.enter(demand({ memory: 900 }), signal))).toBe(false);
    expect(await isSettled(gate.enter(demand({}), signal))).toBe(true);
  });

  it('hands out devices, each to one task; a task of the gpu queue gets one', async () => {
    const gate = createAdmissionGate(CAPACITY);
    const first = await gate.enter(demand({ queue: 'gpu' }), signal);
    const second = await gate.enter(demand({ gpu: 1 }), signal);
    expect([...first.devices, ...second.devices].sort()).toEqual([0, 1]);
    const third = gate.enter(demand({ gpu: 1 }), signal);
    expect(await isSettled(third)).toBe(false);
    second.leave();
    expect((await third).devices).toEqual(second.devices);
  });

  it('adds fractions of a core up without loss', async () => {
    const gate = createAdmissionGate(CAPACITY);
    const places = await Promise.all(Array.from({ length: 10 }, () => gate.enter(demand({ cpu: 0.1 }), signal)));
    for (const place of places) place.leave();
    expect(await isSettled(gate.enter(demand({ cpu: 1 }), signal))).toBe(true);
  });

  it('refuses at once what can never fit', async () => {
    const gate = createAdmissionGate(CAPACITY);
    await expect(gate.enter(demand({ gpu: 3 }), signal)).rejects.toThrow(
      'asks for 3 GPUs; this worker has 2 GPUs in all',
    );
  });

  it('forgets who gives up waiting, and lets those behind in', async () => {
    const gate = createAdmissionGate(CAPACITY);
    await gate.enter(demand({ memory: 600 }), signal);
    const stop = new AbortController();
    const big = gate.enter(demand({ memory: 900 }), stop.signal);
    const small = gate.enter(demand({ memory: 100 }), signal);
    stop.abort(new Error('enough'));
    await expect(big).rejects.toThrow('enough');
    expect(await isSettled(small)).toBe(true);
  });
});
