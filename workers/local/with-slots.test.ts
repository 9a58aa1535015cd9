import { describe, expect, it } from 'vitest';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { AttemptRequest, TaskHost } from '../host/task-host.ts';
import { withSlots } from './with-slots.ts';

const request = (path: string, cost: 'light' | 'ordinary' = 'ordinary'): AttemptRequest => ({
  dispatch: { task: { path }, contract: { cost } } as unknown as TaskDispatch,
  attempt: 1,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});

/** A host of tasks that end when they are told to. */
function manualHost() {
  const running = new Map<string, (failure?: Error) => void>();
  const host: TaskHost = {
    run: ({ dispatch }) =>
      new Promise((resolve, reject) => {
        running.set(dispatch.task.path, (failure) => {
          running.delete(dispatch.task.path);
          if (failure) reject(failure);
          else resolve(dispatch.task.path);
        });
      }),
    close: async () => true,
  };
  return { host, running };
}

describe('a host with slots', () => {
  it('runs so many at once, others in the order in which they came, and gives back the slot of one that fails', async () => {
    const { host, running } = manualHost();
    const limited = withSlots(host, 2);
    const ends = ['a', 'b', 'c', 'd'].map((path) => limited.run(request(path)).catch((error: Error) => error.message));
    const started = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return [...running.keys()];
    };
    expect(await started()).toEqual(['a', 'b']);
    running.get('a')?.(new Error('broken'));
    expect(await started()).toEqual(['b', 'c']);
    running.get('c')?.();
    expect(await started()).toEqual(['b', 'd']);
    for (const end of [...running.values()]) end();
    expect(await Promise.all(ends)).toEqual(['broken', 'b', 'c', 'd']);
  });

  it('lets light tasks pass', async () => {
    const { host, running } = manualHost();
    const limited = withSlots(host, 1);
    void limited.run(request('slow'));
    const light = limited.run(request('light', 'light'));
    expect([...running.keys()]).toEqual(['slow', 'light']);
    running.get('light')?.();
    expect(await light).toBe('light');
  });
});
