import { expect } from 'vitest';
import type { JsonSchema } from '../../ir/json.ts';
import { ApiError } from '../client.ts';
import type { SubmitRun } from '../schemas/run.ts';
import { samplePipeline } from './sample-pipeline.suite.ts';
import type { testServer } from './test-server.suite.ts';

/** The problem that a request is answered with. */
export const problem = (work: Promise<unknown>): Promise<ApiError> =>
  work.then(
    () => expect.fail('it was taken'),
    (error: unknown) => (error instanceof ApiError ? error : expect.fail(String(error))),
  );

/** Uploads of pipelines, and runs of them, with what most tests of runs say. */
export function runRequests(server: ReturnType<typeof testServer>) {
  const upload = async (name: string, queue = 'cpu', params?: JsonSchema) => {
    const { compiled, blobs } = samplePipeline(name, { queue, ...(params && { params }) });
    for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
    return server().client.addPipeline(compiled);
  };
  const submit = async (name: string, more: Partial<SubmitRun> = {}) => {
    await upload(name);
    return server().client.submitRun({ pipeline: name, params: { source: 'a.csv' }, ...more });
  };
  return { upload, submit };
}
