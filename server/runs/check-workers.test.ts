import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile, definePipeline, defineStep, fanOut } from '../../dsl/index.ts';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { Worker } from '../../store/metadata/worker-table.ts';
import type { ServerContext } from '../server-context.ts';
import { checkWorkers } from './check-workers.ts';

const train = defineStep({
  name: 'train',
  input: z.object({ rate: z.number() }),
  output: z.object({ loss: z.number() }),
  resources: { queue: 'gpu', memory: '16Gi' },
}).implement(async () => ({ loss: 0 }));
const { ir } = compile(
  definePipeline({ name: 'trials' }, () => {
    fanOut([1, 2], { name: 'trials' }, (rate) => train({ rate }));
  }),
);
const manifest = { digest: 'sha256:a', runtimeInterface: 1, bundle: null, files: {}, externals: { zod: '4.6.7' } };
const compiled: CompiledPipeline = {
  millrace: 1,
  ir,
  irDigest: '',
  code: { train: { kind: 'package', digest: 'sha256:a' } },
  packages: { 'sha256:a': manifest },
};

function worker(id: string, memory: number, zod: string): Worker {
  const capacity = { memory, cpu: 4, gpu: 1 };
  const lease = { startedAt: 0, leaseUntil: 10 };
  return { id, queues: ['gpu'], host: 'h', pid: 1, capacity, externals: { zod }, details: {}, ...lease };
}

function check(workers: readonly Worker[], what = compiled): Promise<readonly string[]> {
  const context = { now: () => 5, metadata: { workers: { live: async () => workers } } };
  return checkWorkers(context as unknown as ServerContext, what);
}

const GIB = 2 ** 30;

describe('replicas', () => {
  const asking = (replicas: number): CompiledPipeline => ({
    ...compiled,
    ir: compile(
      definePipeline({ name: 'wide' }, () => {
        train({ rate: 1 }, { resources: { replicas } });
      }),
    ).ir,
  });
  const workers = [worker('small', GIB, '4.6.7'), worker('one', 32 * GIB, '4.6.7'), worker('other', 64 * GIB, '4.6.7')];

  it('may be as many as all workers that fit hold together', async () => {
    // Each has one device.
    expect(await check(workers, asking(2))).toEqual([]);
    await expect(check(workers, asking(3))).rejects.toMatchObject({
      code: 'noWorkerFits',
      message: 'Task train of wide: it asks for 3 replicas at once, and the 2 workers on queue gpu can hold 2 in all.',
    });
  });

  it('wait where nobody serves their queue yet', async () => {
    expect(await check([], asking(200))).toHaveLength(1);
  });
});

describe('what workers can run', () => {
  it('is all that is asked when one worker of the queue fits', async () => {
    expect(await check([worker('small', GIB, '4.6.7'), worker('big', 32 * GIB, '4.6.7')])).toEqual([]);
  });

  it('is only noticed where nobody serves the queue yet', async () => {
    expect(await check([])).toEqual([
      'No worker serves the queue gpu; its tasks wait until one does: millrace worker --queues gpu',
    ]);
  });

  it('is refused where every worker has too little memory, naming task, demand and worker', async () => {
    await expect(check([worker('small', GIB, '4.6.7')])).rejects.toMatchObject({
      code: 'noWorkerFits',
      message:
        'Task trials/train of trials: it asks for 16Gi of memory, and worker small on queue gpu has 1Gi of memory in all.',
    });
  });

  it('is refused where every worker has another version of a package', async () => {
    await expect(check([worker('old', 32 * GIB, '4.0.0')])).rejects.toThrow(
      /compiled with zod 4\.6\.7, and worker old/,
    );
  });
});
