import { expect, it } from 'vitest';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { TaskHost } from '../host/task-host.ts';
import { refuseLargeGangs } from './refuse-large-gangs.ts';

const host: TaskHost = { run: async () => 'ran', close: async () => true };
const machine = refuseLargeGangs(host, { memory: 1, cpu: 2, gpu: 1 });

const run = (replicas: number | undefined, cpu: number | null = null) =>
  machine.run({
    dispatch: {
      task: { path: 'train' },
      settings: { resources: { queue: 'cpu', memory: null, cpu, gpu: null, replicas } },
    } as unknown as TaskDispatch,
    attempt: 1,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });

it('a machine that is alone refuses replicas that it cannot hold together', async () => {
  expect(await run(2, 1)).toBe('ran');
  expect(await run(8)).toBe('ran');
  expect(await run(undefined, 4)).toBe('ran');
  await expect(run(3, 1)).rejects.toThrow("Task 'train' asks for 3 replicas at once, and this machine can hold 2.");
  await expect(run(9)).rejects.toThrow('this machine can hold 8');
});
