import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, defineStep } from '../../dsl/index.ts';
import { STORE_AWAY } from '../../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import { ArtifactError } from '../../store/artifacts/artifact-store.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import { compiledOf } from '../../workflows/interpreter-driver.suite.ts';
import { findDispatch } from './find-dispatch.ts';

const charge = defineStep({ name: 'charge', input: z.object({}), output: z.object({}) }).implement(() => ({}));
const pipeline = compiledOf(definePipeline({ name: 'charging' }, () => void charge({})));
const order = {
  task: { project: 'default', runId: 'r', pipeline: 'charging', path: 'charge' },
  ...{ compiledDigest: 'sha256:0', step: 'charge', attempt: 1 },
} as unknown as TaskOrder;
const compiled = { get: async () => pipeline };
const runs = { outline: async () => null };

function failing(error: Error) {
  return async () => {
    throw error;
  };
}

describe('a task that a worker comes for', () => {
  it('is not begun while a store is away, and none of its attempts is taken', async () => {
    const away = { failure: { kind: 'worker', name: STORE_AWAY, retryable: true } };
    const database = { outline: failing(new MetadataError('unavailable', 'PostgreSQL does not answer.')) };
    await expect(findDispatch(order, compiled, database)).rejects.toMatchObject(away);
    const bucket = { get: failing(new ArtifactError('unavailable', 'The bucket does not answer.')) };
    await expect(findDispatch(order, bucket, runs)).rejects.toMatchObject(away);
    await expect(findDispatch(order, bucket, runs)).rejects.toThrow("'charge' was not begun: The bucket");
  });

  it('fails with what trying again cannot change', async () => {
    const newer = new MetadataError('newerSchema', 'The database is of a later release.');
    await expect(findDispatch(order, compiled, { outline: failing(newer) })).rejects.toBe(newer);
  });

  it('is dispatched with its contract and its code', async () => {
    expect(await findDispatch(order, compiled, runs)).toMatchObject({ contract: { name: 'charge' }, task: order.task });
  });
});
