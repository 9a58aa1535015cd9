import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile, definePipeline, defineStep } from '../../dsl/index.ts';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { ControlRequest } from '../../ir/protocol/control-request.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import type { NewRun } from '../../store/metadata/run-table.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { NoTurn } from '../host/light-turn.ts';
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
  close: async () => true,
};
const noStores = {} as Stores;

function orderOf(step: string, length: number) {
  const task = { project: 'default', runId: 'r1', pipeline: 'notes', path: step };
  const settings = ir.steps.note?.settings ?? expect.fail('the pipeline has no step note');
  return { task, settings, input: { length }, reads: {}, cacheKey: null, compiledDigest: '', step, attempt: 1 };
}

function light(step: string, length: number): ControlRequest {
  return { kind: 'light', order: orderOf(step, length) };
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

  it('is put off where no turn comes for a light task, the others not', async () => {
    const busy: TaskHost = {
      ...host,
      run: async (request) => {
        if (request.dispatch.input.length === 2 && request.turnWithinMs === 5_000) throw new NoTurn('busy');
        return host.run(request);
      },
    };
    const answers = await answerRequests([light('note', 1), light('note', 2)], noStores, compiled, busy);
    expect(answers).toEqual([{ kind: 'light', output: { text: 'x' } }, { kind: 'later' }]);
  });
});

const EARLIER: NewRun = {
  id: 'r0',
  pipeline: 'notes',
  pipelineVersion: 1,
  compiledDigest: '',
  name: null,
  driver: 'temporal',
  workflowId: null,
  params: {},
  submittedBy: 'me',
  retryOf: null,
  rerunFrom: [],
  logicalTime: null,
  partition: null,
  schedule: null,
};
const ENDED: Transition = {
  path: 'note',
  sequence: 1,
  kind: 'task',
  step: 'note',
  status: 'succeeded',
  at: 1,
  input: { length: 1 },
  // Nearly as much as goes together: a task gives less, but many may.
  output: { text: 'x'.repeat(15_600_000) },
  failure: null,
  cache: null,
  detail: {},
};

describe('look-ups that find much', () => {
  let home = '';
  let stores: Stores;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-answers-'));
    stores = await openStores({ home, project: 'default' });
    await stores.metadata.runs.create(EARLIER);
    await stores.metadata.tasks.record(EARLIER.id, [ENDED]);
  });
  afterAll(async () => {
    await stores.close();
    await rm(home, { recursive: true, force: true });
  });

  const sought: ControlRequest = { kind: 'lookUp', order: orderOf('note', 1), retryOf: EARLIER.id };
  const kindsOf = async (requests: readonly ControlRequest[]) =>
    (await answerRequests(requests, stores, compiled, host)).map(({ kind }) => kind);

  it('are put off but for the first, and answered when they are asked again', async () => {
    let left: readonly ControlRequest[] = [sought, sought, sought];
    const rounds: string[][] = [];
    while (left.length > 0) {
      const kinds = await kindsOf(left);
      rounds.push(kinds);
      left = left.filter((_, index) => kinds[index] === 'later');
    }
    expect(rounds).toEqual([['lookUp', 'later', 'later'], ['lookUp', 'later'], ['lookUp']]);
  });

  it('wait for light outputs, which cannot be put off and fill the answer with them', async () => {
    const lights = Array.from({ length: 199 }, () => light('note', 6_900));
    const kinds = await kindsOf([sought, ...lights]);
    expect(kinds).toEqual(['later', ...lights.map(() => 'light')]);
  });
});

describe('what the store fails', () => {
  const down = new MetadataError('unavailable', 'The store is away.');
  const away = {
    metadata: {
      runs: { outline: () => Promise.reject(down) },
      tasks: { get: () => Promise.reject(down) },
    },
  } as unknown as Stores;
  const sought: ControlRequest = { kind: 'lookUp', order: orderOf('note', 1), retryOf: EARLIER.id };
  const unread: ControlRequest = { kind: 'light', order: { ...orderOf('note', 1), compiledDigest: 'unread' } };
  const reading: CompiledPipelines = {
    ...compiled,
    get: async (of) => (of === 'unread' ? Promise.reject(down) : pipeline),
  };
  const digest: ControlRequest = { kind: 'digest', order: orderOf('note', 1) };

  it('is put off alone, and the light tasks beside it have ended when the others are answered', async () => {
    const events: string[] = [];
    const slow: TaskHost = {
      ...host,
      run: async (request) => {
        events.push('began');
        // Longer than the look-up takes to fail.
        await new Promise((resolve) => setTimeout(resolve, 50));
        events.push('ended');
        return host.run(request);
      },
    };
    const answers = await answerRequests([sought, light('note', 1), digest], away, compiled, slow);
    expect(events).toEqual(['began', 'ended']);
    expect(answers.map(({ kind }) => kind)).toEqual(['later', 'light', 'digest']);
  });

  it('is thrown where nothing else was asked, for Temporal to try again and to give up', async () => {
    await expect(answerRequests([sought, sought], away, compiled, host)).rejects.toBe(down);
  });

  it('is put off where code cannot be read for a while, and the others go on', async () => {
    expect(await answerRequests([unread, light('note', 2)], noStores, reading, host)).toEqual([
      { kind: 'later' },
      { kind: 'light', output: { text: 'xx' } },
    ]);
  });

  it('holds up no look-up that is too large to go with others', async () => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-answers-'));
    const stores = await openStores({ home, project: 'default' });
    const output = { text: 'x'.repeat(17_000_000) };
    await stores.metadata.runs.create(EARLIER);
    await stores.metadata.tasks.record(EARLIER.id, [{ ...ENDED, output }]);
    const answers = await answerRequests([unread, sought], stores, reading, host);
    expect(answers.map(({ kind }) => kind)).toEqual(['later', 'lookUp']);
    await stores.close();
    await rm(home, { recursive: true, force: true });
  });
});
