import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile, definePipeline, defineStep } from '../../dsl/index.ts';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { ControlRequest } from '../../ir/protocol/control-request.ts';
import type { Stores } from '../../store/open-stores.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import type { TaskHost } from '../host/task-host.ts';
import { answerRequests } from './answer-requests.ts';

const note = defineStep({
  name: 'note',
  input: z.object({ length: z.number() }),
  output: z.object({ text: z.string() }),
  cost: 'light',
}).implement(({ input }) => ({ text: 'x'.repeat(input.length) }));
const { ir } = compile(definePipeline({ name: 'notes' }, () => note({ length: 1 })));
const pipeline: CompiledPipeline = { millrace: 1, ir, irDigest: '', code: { note: { kind: 'none' } }, packages: {} };
const compiled: CompiledPipelines = { get: async () => pipeline, package: () => Promise.reject(new Error('none')) };
const host: TaskHost = {
  run: async ({ dispatch }) => ({ text: 'x'.repeat(Number(dispatch.input.length)) }),
  close: async () => undefined,
};
const noStores = {} as Stores;

function light(step: string, length: number): ControlRequest {
  const task = { project: 'default', runId: 'r1', pipeline: 'notes', path: step };
  const settings = ir.steps.note?.settings ?? expect.fail('the pipeline has no step note');
  const order = { task, settings, input: { length }, reads: {}, cacheKey: null, compiledDigest: '', step, attempt: 1 };
  return { kind: 'light', order };
}

describe('what a run asks of the control worker together', () => {
  it('is answered in order, a failure to its own request alone', async () => {
    const answers = await answerRequests(
      [light('note', 1), light('gone', 1), light('note', 2)],
      noStores,
      compiled,
      host,
    );
    expect(answers).toMatchObject([
      { kind: 'light', output: { text: 'x' } },
      { kind: 'failed', failure: { kind: 'environment', name: 'UnknownStep', retryable: false } },
      { kind: 'light', output: { text: 'xx' } },
    ]);
  });

  it('is refused where a light output is not light, with the cure', async () => {
    const [answer] = await answerRequests([light('note', 8_000)], noStores, compiled, host);
    expect(answer).toMatchObject({ kind: 'failed', failure: { kind: 'contract', name: 'OutputTooLarge' } });
    expect(JSON.stringify(answer)).toContain("`cost: 'light'`");
  });
});
