import { describe, expect, it } from 'vitest';
import type { SuiteContext } from './metadata-store.suite.ts';
import type { Worker } from './worker-table.ts';

export function worker(id: string, leaseUntil: number): Worker {
  return {
    id,
    queues: ['cpu', 'gpu'],
    host: 'h',
    pid: 7,
    capacity: { memory: 2 ** 34, cpu: 1.5, gpu: 1 },
    externals: { 'onnxruntime-node': '1.30.0' },
    details: { secrets: { variables: ['MILLRACE_SECRET_K'], keys: [] } },
    startedAt: 5,
    leaseUntil,
  };
}

export function workerTableSuite(context: () => SuiteContext): void {
  describe('workers', () => {
    it('live as they last described themselves, until their lease runs out', async () => {
      const { workers } = context().store;
      await workers.heartbeat(worker('a', 100));
      await workers.heartbeat(worker('b', 200));
      await workers.heartbeat({ ...worker('a', 300), queues: ['serving'] });
      expect(await workers.live(199)).toEqual([{ ...worker('a', 300), queues: ['serving'] }, worker('b', 200)]);
      expect((await workers.live(200)).map(({ id }) => id)).toEqual(['a']);
    });

    it('are all known until those that were not heard of for long are forgotten', async () => {
      const { workers } = context().store;
      await workers.heartbeat(worker('a', 100));
      await workers.heartbeat(worker('b', 200));
      expect((await workers.all()).map(({ id }) => id)).toEqual(['a', 'b']);
      await workers.forget(200);
      expect((await workers.all()).map(({ id }) => id)).toEqual(['b']);
    });

    it('are gone when they are removed', async () => {
      const { workers } = context().store;
      await workers.heartbeat(worker('a', 100));
      await workers.remove('a');
      expect(await workers.all()).toEqual([]);
    });
  });
}
