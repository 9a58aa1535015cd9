import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  and,
  approval,
  count,
  definePipeline,
  eq,
  fanOut,
  format,
  gt,
  gte,
  loop,
  max,
  type PipelineDefinition,
  sleep,
  when,
} from '../dsl/index.ts';
import { interpreterControl } from './interpreter-control.suite.ts';
import {
  compiledOf,
  type InterpreterDriver,
  type InterpreterRun,
  type RunOptions,
  type TestHandler,
} from './interpreter-driver.suite.ts';
import { interpreterEndings } from './interpreter-endings.suite.ts';
import { interpreterMessages } from './interpreter-messages.suite.ts';
import { interpreterPools } from './interpreter-pools.suite.ts';
import { interpreterReplicas } from './interpreter-replicas.suite.ts';
import { addStep, failStep, HANDLERS, listStep, noteStep } from './interpreter-steps.suite.ts';

const params = z.object({ n: z.number().default(1) });

/** Runs a pipeline of these suites on the driver under test. */
export type RunSmall = (pipeline: PipelineDefinition, options?: Partial<RunOptions>) => Promise<InterpreterRun>;
/** The last status of each path. */
export type StatusesOf = (run: InterpreterRun) => Readonly<Record<string, string>>;

/** What every driver of the interpreter does alike. */
export function interpreterSuite(name: string, makeDriver: () => Promise<InterpreterDriver>): void {
  describe(`interpreter on ${name}`, () => {
    let driver: InterpreterDriver;
    beforeAll(async () => {
      driver = await makeDriver();
    });
    afterAll(() => driver.close());

    const run: RunSmall = (pipeline, options = {}) =>
      driver.run(compiledOf(pipeline), { handlers: HANDLERS, params: { n: 1 }, ...options });
    const statuses: StatusesOf = ({ transitions }) => {
      const last = new Map<string, string>();
      for (const { path, status } of [...transitions].sort((left, right) => left.sequence - right.sequence)) {
        last.set(path, status);
      }
      return Object.fromEntries(last);
    };

    interpreterEndings(run, statuses);
    interpreterControl(run, statuses);
    interpreterMessages(run, statuses);
    interpreterPools(run, statuses);
    interpreterReplicas(run, statuses);

    it('passes along what is too large for one message of Temporal', async () => {
      const ran = await run(
        definePipeline({ name: 'large', params }, () => {
          const { text } = noteStep({ text: 'x'.repeat(500_000) }, { name: 'first' });
          const all = noteStep({ text: format`${text}${text}${text}${text}${text}` }, { name: 'all' });
          return { all: all.text, count: count(fanOut([1, 2], () => noteStep({ text: all.text }))) };
        }),
      );
      expect(ran.outcome).toEqual({
        status: 'succeeded',
        output: { all: 'x'.repeat(2_500_000), count: 2 },
        error: null,
      });
      const inputs = ran.transitions.filter(({ path, status }) => path === 'all' && status === 'running');
      expect(inputs).toMatchObject([{ input: { text: 'x'.repeat(2_500_000) } }]);
    });

    it('passes outputs along and gives the pipeline’s output', async () => {
      const ran = await run(
        definePipeline({ name: 'chain', params }, ({ params: { n } }) => {
          const first = addStep({ a: n, b: 1 }, { name: 'first' });
          const second = addStep({ a: first.value, b: 10 }, { name: 'second' });
          return { sum: second.value, text: format`${first.value} then ${second.value}` };
        }),
      );
      expect(ran.outcome).toEqual({ status: 'succeeded', output: { sum: 12, text: '2 then 12' }, error: null });
      expect(statuses(ran)).toEqual({ first: 'succeeded', second: 'succeeded' });
    });

    it('runs two tasks that do not depend on one another at the same time', async () => {
      const started: string[] = [];
      const meet: TestHandler = async ({ text }) => {
        started.push(String(text));
        while (started.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        return { text };
      };
      const ran = await run(
        definePipeline({ name: 'pair', params }, () => {
          noteStep({ text: 'left' }, { name: 'left' });
          noteStep({ text: 'right' }, { name: 'right' });
        }),
        { handlers: { ...HANDLERS, note: meet } },
      );
      expect(ran.outcome.status).toBe('succeeded');
    });

    it('takes the first branch whose condition holds, skips the others and shows the values', async () => {
      const pipeline = definePipeline({ name: 'branches', params }, ({ params: { n } }) => {
        const { value } = addStep({ a: n, b: 0 });
        const chosen = when(gt(value, 10), {
          do: () => noteStep({ text: 'big' }).text,
          elseWhen: [{ condition: and(gt(value, 5), gte(value, 6)), do: () => noteStep({ text: 'middle' }).text }],
          otherwise: () => noteStep({ text: 'small' }).text,
        });
        return { chosen };
      });
      const ran = await run(pipeline, { params: { n: 7 } });
      expect(ran.outcome.output).toEqual({ chosen: 'middle' });
      expect(statuses(ran)).toMatchObject({
        'when/do/note': 'skipped',
        'when/elseWhen1/note': 'succeeded',
        'when/otherwise/note': 'skipped',
      });
      const shown = ran.transitions.find(({ path, status }) => path === 'when' && status === 'succeeded');
      expect(shown?.detail).toMatchObject({
        chosen: 'elseWhen1',
        conditions: [{ left: 7, op: 'gt', right: 10, holds: false }, { holds: true }],
      });
    });

    it('fans out over a list made at run time, in order, and aggregates', async () => {
      const ran = await run(
        definePipeline({ name: 'fan', params }, () => {
          const { items } = listStep({ length: 7 });
          const sums = fanOut(items, { concurrency: 2 }, (item) => addStep({ a: item, b: 100 }));
          const how = when(eq(count(sums), 7), { do: () => noteStep({ text: 'all' }).text });
          return { sums, how };
        }),
      );
      expect(ran.outcome.output).toEqual({
        sums: Array.from({ length: 7 }, (_, index) => ({ value: 100 + index })),
        how: 'all',
      });
      expect(statuses(ran)['fanOut[6]/add']).toBe('succeeded');
    });

    it('carries results that are together more than Temporal takes in one piece', async () => {
      const text = 'x'.repeat(100_000);
      const ran = await run(
        definePipeline({ name: 'heavy', params }, () => {
          const texts = fanOut(
            Array.from({ length: 30 }, (_, index) => index),
            () => noteStep({ text }),
          );
          return { texts };
        }),
      );
      expect(ran.outcome.status).toBe('succeeded');
      expect(JSON.stringify(ran.outcome.output).length).toBeGreaterThan(3_000_000);
      expect(statuses(ran)).toMatchObject({ fanOut: 'succeeded', 'fanOut[29]/note': 'succeeded' });
    });

    it('holds to the concurrency of a fan-out', async () => {
      let underWay = 0;
      let most = 0;
      const slow: TestHandler = async ({ a, b }) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 20));
        underWay--;
        return { value: Number(a) + Number(b) };
      };
      await run(
        definePipeline({ name: 'narrow', params }, () => {
          fanOut([1, 2, 3, 4, 5, 6, 7, 8], { concurrency: 3 }, (item) => addStep({ a: item, b: 0 }));
        }),
        { handlers: { ...HANDLERS, add: slow } },
      );
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(3);
    });

    it('fans out within a fan-out', async () => {
      const ran = await run(
        definePipeline({ name: 'nested', params }, () => {
          const rows = fanOut([1, 2], { name: 'rows' }, (row) =>
            fanOut([10, 20], { name: 'columns' }, (column) => addStep({ a: row, b: column }).value),
          );
          return { rows };
        }),
      );
      expect(ran.outcome.output).toEqual({
        rows: [
          [11, 21],
          [12, 22],
        ],
      });
      expect(Object.keys(statuses(ran))).toContain('rows[1]/columns[0]/add');
    });

    it('puts up with failed items down to minSuccess, and leaves their slots null', async () => {
      const picky: TestHandler = ({ on }) => {
        if (on === 2) throw new Error('not two');
        return { value: Number(on) };
      };
      const pipeline = (minSuccess: number) =>
        definePipeline({ name: 'tolerant', params }, () => {
          const values = fanOut([1, 2, 3], { minSuccess }, (on) => failStep({ on }));
          return { values };
        });
      const handlers = { ...HANDLERS, fail: picky };
      const tolerant = await run(pipeline(0.6), { handlers });
      expect(tolerant.outcome.output).toEqual({ values: [{ value: 1 }, null, { value: 3 }] });
      const strict = await run(pipeline(1), { handlers });
      expect(strict.outcome).toMatchObject({ status: 'failed', error: 'fanOut[1]/fail: not two' });
    });

    it('stops the other items of a fan-out that can no longer succeed, and says because of what', async () => {
      const second: TestHandler = async ({ on }) => {
        if (on === 2) throw new Error('not two');
        await new Promise((resolve) => setTimeout(resolve, 300));
        return { value: Number(on) };
      };
      const ran = await run(
        definePipeline({ name: 'fail-fast', params }, () => {
          fanOut([1, 2], (on) => addStep({ a: failStep({ on }).value, b: 0 }));
        }),
        { handlers: { ...HANDLERS, fail: second } },
      );
      const stopped = ran.transitions.find(({ path, status }) => path === 'fanOut[0]/add' && status === 'cancelled');
      expect(stopped?.detail).toEqual({ because: "'fanOut[1]/fail' failed" });
    });

    it('loops until the condition holds, carrying the value', async () => {
      const pipeline = (max: number) =>
        definePipeline({ name: 'looping', params }, () => {
          const last = loop({ value: 1 }, { max, until: (current) => gte(current.value, 8) }, (current) =>
            addStep({ a: current.value, b: current.value }),
          );
          return { last: last.value };
        });
      const ran = await run(pipeline(5));
      expect(ran.outcome.output).toEqual({ last: 8 });
      expect(statuses(ran)).toMatchObject({ 'loop#0/add': 'succeeded', 'loop#2/add': 'succeeded' });
      const short = await run(pipeline(2));
      expect(short.outcome.error).toContain('ran 2 times');
    });

    it('calls a pipeline as a step, with its defaults', async () => {
      const inner = definePipeline(
        { name: 'inner', params: z.object({ start: z.number(), by: z.number().default(5) }) },
        ({ params: { start, by } }) => ({ end: addStep({ a: start, b: by }).value }),
      );
      const ran = await run(
        definePipeline({ name: 'outer', params }, ({ params: { n } }) => {
          const once = inner({ start: n }, { name: 'once' });
          const twice = inner({ start: once.end, by: 100 }, { name: 'twice' });
          return { end: twice.end };
        }),
      );
      expect(ran.outcome.output).toEqual({ end: 106 });
      expect(statuses(ran)['twice/add']).toBe('succeeded');
    });

    it('reads what a called pipeline is given by its contract: defaults at every depth, and no value beyond it', async () => {
      const inner = definePipeline(
        {
          name: 'inner',
          params: z.object({ rate: z.number().max(1), opts: z.object({ lr: z.number().default(0.1) }) }),
        },
        ({ params: { rate, opts } }) =>
          when(gt(rate, 0.5), {
            do: () => format`high, ${opts.lr}`,
            otherwise: () => format`low, ${opts.lr}`,
          }),
      );
      const calling = (rate: number) =>
        definePipeline({ name: 'calling', params }, () => {
          const given = addStep({ a: rate, b: 0 });
          return inner({ rate: given.value, opts: {} }, { name: 'scored' });
        });
      expect((await run(calling(0.25))).outcome).toMatchObject({ status: 'succeeded', output: 'low, 0.1' });
      const beyond = await run(calling(50));
      expect(beyond.outcome).toMatchObject({
        status: 'failed',
        error: expect.stringContaining(
          "The parameters of call 'scored' break the contract of pipeline 'inner': rate: has to be at most 1, and is 50.",
        ),
      });
      const [failed] = beyond.transitions.filter(({ path, status }) => path === 'scored' && status === 'failed');
      expect(failed?.failure).toMatchObject({ kind: 'contract', retryable: false });
      expect(statuses(beyond)).toEqual({ add: 'succeeded', scored: 'failed' });
    });

    it('waits for approvals, and goes on by itself where nobody decides', async () => {
      const pipeline = definePipeline({ name: 'asking', params }, () => {
        const asked = approval({
          name: 'ship',
          message: 'Ship it?',
          form: z.object({ percent: z.number() }),
          timeout: '300ms',
          onTimeout: 'reject',
        });
        return { approved: asked.approved, by: asked.by, form: asked.form };
      });
      const decided = await run(pipeline, {
        decisions: { ship: { approved: true, by: 'ada', form: { percent: 5 } } },
      });
      expect(decided.outcome.output).toEqual({ approved: true, by: 'ada', form: { percent: 5 } });
      const silent = await run(pipeline);
      expect(silent.outcome.output).toEqual({ approved: false, by: null, form: null });
    });

    it('sleeps', async () => {
      const ran = await run(
        definePipeline({ name: 'sleeping', params }, () => {
          const rest = sleep('30ms');
          noteStep({ text: 'rested' }, { after: [rest] });
        }),
      );
      expect(statuses(ran)).toMatchObject({ sleep: 'succeeded', note: 'succeeded' });
      const slept = ran.transitions.filter(({ path }) => path === 'sleep').map(({ at }) => at);
      expect(Math.max(...slept) - Math.min(...slept)).toBeGreaterThanOrEqual(25);
    });

    it('refuses a condition that has no answer', async () => {
      const ran = await run(
        definePipeline({ name: 'unordered', params }, () => {
          const none = fanOut(listStep({ length: 0 }).items, (item) => addStep({ a: item, b: 1 }).value);
          when(gt(max(none), 3), { do: () => noteStep({ text: 'never' }) });
        }),
      );
      expect(ran.outcome.status).toBe('failed');
      expect(ran.outcome.error).toContain('needs two numbers or two texts');
    });
  });
}
