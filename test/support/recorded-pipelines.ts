import fc from 'fast-check';
import { expect } from 'vitest';
import { z } from 'zod';
import {
  approval,
  definePipeline,
  defineStep,
  fanOut,
  finallyDo,
  format,
  gte,
  loop,
  model,
  notify,
  type PipelineDefinition,
  sleep,
} from '../../dsl/index.ts';
import { promote } from '../../dsl/promote.ts';
import { arbitraryPipeline } from '../../dsl/testing/arbitrary-pipeline.ts';
import type { RunOutcome } from '../../ir/protocol/run-request.ts';
import type { RunOptions, TestHandler } from '../../workflows/interpreter-driver.suite.ts';
import { addStep, failStep, flakyStep, HANDLERS, noteStep, tidyStep } from '../../workflows/interpreter-steps.suite.ts';
import { model as modelRef, RolloutWorld, servedWorld } from '../../workflows/rollout-world.suite.ts';
import { pureHandlers } from './pure-handlers.ts';
import type { TemporalDriverOptions } from './temporal-driver.ts';

/** A pipeline whose history is kept under this name with every release. */
export interface RecordedPipeline {
  readonly name: string;
  readonly pipeline: PipelineDefinition;
  readonly run: RunOptions;
  /** What its run has to end as, so that no history of something else is kept. */
  readonly ends: RunOutcome['status'];
  readonly driver?: TemporalDriverOptions;
}

const params = z.object({ n: z.number().default(1) });
const train = defineStep({ name: 'train', input: z.object({}), output: z.object({ model: model() }) }).implement(
  async () => expect.fail(),
);
const light = defineStep({
  name: 'light',
  input: z.object({ text: z.string() }),
  output: z.object({ text: z.string() }),
  cost: 'light',
}).implement(({ input }) => input);

const hang: TestHandler = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')));
  });
const notTwo: TestHandler = ({ on }) => {
  if (on === 2) throw new Error('not two');
  return { value: Number(on) };
};
const notOfAHundred: TestHandler = ({ text }) => {
  if (String(text).endsWith('00')) throw new Error('not of a hundred');
  return { text };
};
const handlers: RunOptions['handlers'] = {
  ...HANDLERS,
  light: ({ text }) => ({ text }),
  train: () => ({ model: modelRef('sha256:new') }),
};

const approving = definePipeline({ name: 'approving', params }, () => {
  const asked = approval({
    name: 'ship',
    timeout: '300ms',
    onTimeout: 'reject',
    form: z.object({ percent: z.number() }),
  });
  return noteStep({ text: format`${asked.approved}` });
});
const tolerant = (minSuccess: number) =>
  definePipeline({ name: 'tolerant', params }, () => {
    fanOut([1, 2, 3, 4], { concurrency: 2, minSuccess }, (on) => failStep({ on }));
  });
const promoting = definePipeline({ name: 'promoting', params }, () => {
  const trained = train({});
  return promote({ model: trained.model, endpoint: 'flights', strategy: { canary: [5, 25, 100], bake: '20ms' } });
});
const inner = definePipeline({ name: 'inner', params }, ({ params: { n } }) => ({
  end: addStep({ a: n, b: 5 }).value,
}));

/** Notes of 20 KiB, which travel by reference. */
const largeNotes = (text: string) =>
  definePipeline({ name: 'large', params }, () => {
    const first = noteStep({ text: text.padEnd(20 << 10, '.') });
    finallyDo(() => noteStep({ text: 'tidy' }));
    return noteStep({ text: first.text }, { name: 'second' });
  });

/** Each form of control flow by itself, in the ways that it can end. */
const FORMS: readonly RecordedPipeline[] = [
  {
    name: 'retry-with-backoff',
    pipeline: definePipeline({ name: 'again', params }, () => flakyStep({ until: 3 })),
    run: { handlers },
    ends: 'succeeded',
  },
  {
    name: 'look-ups-put-off',
    pipeline: definePipeline({ name: 'wide', params }, () => {
      fanOut(['a', 'b', 'c'], (text) => noteStep({ text }));
    }),
    run: { handlers },
    ends: 'succeeded',
    driver: { putOff: ['fanOut[1]/note', 'fanOut[2]/note'] },
  },
  {
    name: 'light-tasks',
    pipeline: definePipeline({ name: 'light', params }, () => {
      fanOut(['a', 'b', 'c'], { concurrency: 2 }, (text) => light({ text }));
    }),
    run: { handlers },
    ends: 'succeeded',
  },
  {
    name: 'approval-approved',
    pipeline: approving,
    run: { handlers, decisions: { ship: { approved: true, by: 'ada', form: { percent: 5 } } } },
    ends: 'succeeded',
  },
  {
    name: 'approval-rejected',
    pipeline: approving,
    run: { handlers, decisions: { ship: { approved: false, by: 'ada', form: null } } },
    ends: 'succeeded',
  },
  { name: 'approval-timed-out', pipeline: approving, run: { handlers }, ends: 'succeeded' },
  {
    name: 'fan-out-enough-succeed',
    pipeline: tolerant(0.6),
    run: { handlers: { ...handlers, fail: notTwo } },
    ends: 'succeeded',
  },
  {
    name: 'fan-out-too-few-succeed',
    pipeline: tolerant(0.9),
    run: { handlers: { ...handlers, fail: notTwo } },
    ends: 'failed',
  },
  {
    name: 'loop',
    pipeline: definePipeline({ name: 'looping', params }, () => {
      loop({ value: 1 }, { max: 5, until: (current) => gte(current.value, 8) }, (current) =>
        addStep({ a: current.value, b: current.value }),
      );
    }),
    run: { handlers },
    ends: 'succeeded',
  },
  {
    name: 'shards',
    pipeline: definePipeline({ name: 'wide', params }, () => {
      const { text } = noteStep({ text: 'all' });
      fanOut(
        Array.from({ length: 1_001 }, (_, item) => item),
        { minSuccess: 0.9 },
        (item) => light({ text: format`${text} ${item}` }),
      );
    }),
    run: { handlers: { ...handlers, light: notOfAHundred } },
    ends: 'succeeded',
  },
  {
    name: 'long-loop',
    pipeline: definePipeline({ name: 'looping', params }, () => {
      loop({ value: 1 }, { max: 2_000, until: (current) => gte(current.value, 8) }, (current) =>
        addStep({ a: current.value, b: current.value }),
      );
    }),
    run: { handlers },
    ends: 'succeeded',
  },
  {
    name: 'after-failure',
    pipeline: definePipeline(
      { name: 'failing', params, onExit: ({ run: { status } }) => noteStep({ text: format`${status}` }) },
      () => {
        const { value } = failStep({});
        addStep({ a: value, b: 1 });
        finallyDo(() => noteStep({ text: 'tidy' }));
      },
    ),
    run: { handlers },
    ends: 'failed',
  },
  {
    name: 'cancelled',
    pipeline: definePipeline(
      { name: 'cancelled', params, onExit: ({ run: { status } }) => noteStep({ text: format`${status}` }) },
      () => {
        sleep('1h');
        approval({ name: 'ship', timeout: '1h', onTimeout: 'fail' });
        const { value } = flakyStep({ until: 1 });
        addStep({ a: value, b: 1 });
        finallyDo(() => noteStep({ text: 'tidy' }));
      },
    ),
    run: { handlers: { ...handlers, flaky: hang }, cancelOn: 'flaky' },
    ends: 'cancelled',
  },
  {
    name: 'stopped-hard',
    pipeline: definePipeline({ name: 'overdue', params, onExit: () => noteStep({ text: 'out' }) }, () => {
      flakyStep({ until: 1 });
      finallyDo(() => tidyStep({ value: null }));
    }),
    run: { handlers: { ...handlers, flaky: hang, tidy: hang }, cancelOn: 'flaky', stopHardOn: 'tidy' },
    ends: 'cancelled',
  },
  {
    name: 'paused',
    pipeline: definePipeline({ name: 'held', params }, () => {
      const { value } = addStep({ a: 1, b: 1 }, { name: 'first' });
      sleep('100ms');
      return addStep({ a: value, b: 1 }, { name: 'second' });
    }),
    run: { handlers, pauseOn: { step: 'add', meanwhile: async () => undefined } },
    ends: 'succeeded',
  },
  {
    name: 'child-pipeline',
    pipeline: definePipeline({ name: 'outer', params }, ({ params: { n } }) => {
      const once = inner({ n }, { name: 'once' });
      return inner({ n: once.end }, { name: 'twice' });
    }),
    run: { handlers },
    ends: 'succeeded',
  },
  {
    name: 'notify',
    pipeline: definePipeline(
      { name: 'telling', params, onExit: ({ run: { status } }) => notify({ text: format`It ${status}` }) },
      () => {
        const { value } = addStep({ a: 1, b: 1 });
        notify({ text: format`The sum is ${value}`, channel: 'on-call' }, { name: 'sum' });
      },
    ),
    run: { handlers },
    ends: 'succeeded',
  },
  { name: 'promote', pipeline: promoting, run: { handlers }, ends: 'succeeded', driver: { world: servedWorld() } },
  {
    name: 'promote-rolled-back',
    pipeline: promoting,
    run: { handlers },
    ends: 'succeeded',
    driver: { world: worldThatCannotLoad() },
  },
  {
    name: 'promote-unserved',
    pipeline: promoting,
    run: { handlers },
    ends: 'succeeded',
    driver: { world: Object.assign(servedWorld(), { replicas: [] }) },
  },
  {
    name: 'promote-alias',
    pipeline: definePipeline({ name: 'aliasing', params }, () => promote({ model: train({}).model, name: 'flights' })),
    run: { handlers },
    ends: 'succeeded',
    driver: { world: new RolloutWorld() },
  },
  { name: 'large-payloads', pipeline: largeNotes('kept'), run: { handlers }, ends: 'succeeded' },
  {
    name: 'lost-payload',
    pipeline: largeNotes('lost'),
    run: { handlers },
    ends: 'failed',
    driver: { loses: (content) => content.includes('{"text":"lost') && !content.includes('"input":') },
  },
];

/** The canary is loaded at 5 %, and no more at 25 %. */
function worldThatCannotLoad(): RolloutWorld {
  const state: RolloutWorld['state'] = (replica, { generation }) => {
    return { replica, generation, error: generation === 3 ? 'opset 28 is not supported' : null };
  };
  return Object.assign(servedWorld(), { state });
}

/** What draws all forms together: the pipelines of a fixed seed. */
const DRAWN = fc
  .sample(arbitraryPipeline, { seed: 2_001, numRuns: 8 })
  .map(({ pipeline, params, expected }, index): RecordedPipeline => {
    const run = { params, handlers: pureHandlers };
    return { name: `pipeline-${index}`, pipeline, run, ends: expected.status };
  });

export const RECORDED_PIPELINES: readonly RecordedPipeline[] = [...DRAWN, ...FORMS];
