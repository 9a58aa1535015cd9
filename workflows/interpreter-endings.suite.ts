import { expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, fanOut, finallyDo, format } from '../dsl/index.ts';
import type { RunSmall, StatusesOf } from './interpreter.suite.ts';
import type { TestHandler } from './interpreter-driver.suite.ts';
import { addStep, failStep, flakyStep, HANDLERS, noteStep, tidyStep } from './interpreter-steps.suite.ts';

const params = z.object({ n: z.number().default(1) });

const hang: TestHandler = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')));
  });

/** How runs end that do not simply succeed: retries, failures, cancellation, and what runs after them. */
export function interpreterEndings(run: RunSmall, statuses: StatusesOf): void {
  it('tries a task again as its policy says', async () => {
    const ran = await run(
      definePipeline({ name: 'again', params }, () => ({ attempts: flakyStep({ until: 3 }).value })),
    );
    expect(ran.outcome.output).toEqual({ attempts: 3 });
  });

  it('does not try again what is final', async () => {
    let calls = 0;
    const final: TestHandler = () => {
      calls++;
      throw Object.assign(new Error('never'), { name: 'Final' });
    };
    const ran = await run(
      definePipeline({ name: 'final', params }, () => {
        flakyStep({ until: 3 });
      }),
      { handlers: { ...HANDLERS, flaky: final } },
    );
    expect(ran.outcome).toMatchObject({ status: 'failed', error: 'flaky: never' });
    expect(calls).toBe(1);
  });

  it('shows of a task that failed, or was cancelled, what it was given', async () => {
    const pipeline = definePipeline({ name: 'given', params }, () => {
      flakyStep({ until: 7 });
    });
    const given = { path: 'flaky', input: { until: 7 }, cache: { reason: 'noEntry' } };
    const final: TestHandler = () => {
      throw Object.assign(new Error('never'), { name: 'Final' });
    };
    const failed = await run(pipeline, { handlers: { ...HANDLERS, flaky: final } });
    expect(failed.transitions.at(-1)).toMatchObject({ ...given, status: 'failed', failure: { message: 'never' } });
    const cancelled = await run(pipeline, { handlers: { ...HANDLERS, flaky: hang }, cancelOn: 'flaky' });
    expect(cancelled.transitions.at(-1)).toMatchObject({ ...given, status: 'cancelled' });
  });

  it('skips what a failure leaves without input, finishes the rest, and runs finallyDo and onExit', async () => {
    const ran = await run(
      definePipeline(
        {
          name: 'failing',
          params,
          onExit: ({ run: { status, error } }) => noteStep({ text: format`${status}: ${error}` }),
        },
        () => {
          const { value } = failStep({});
          addStep({ a: value, b: 1 }, { name: 'after' });
          noteStep({ text: 'apart' }, { name: 'apart' });
          finallyDo(() => noteStep({ text: 'tidy' }));
        },
      ),
    );
    expect(ran.outcome).toMatchObject({ status: 'failed', error: 'fail: as told' });
    expect(statuses(ran)).toMatchObject({
      fail: 'failed',
      after: 'skipped',
      apart: 'succeeded',
      'finally/note': 'succeeded',
      'onExit/note': 'succeeded',
    });
    const exit = ran.transitions.find(({ path, status }) => path === 'onExit/note' && status === 'succeeded');
    expect(exit?.output).toEqual({ text: 'failed: fail: as told' });
  });

  it('skips in finallyDo what cannot do without the output of a task that failed, and says why', async () => {
    const ran = await run(
      definePipeline({ name: 'left-over', params }, () => {
        const { value } = failStep({});
        const { text } = noteStep({ text: format`${value}` });
        finallyDo(() => {
          addStep({ a: 1, b: value });
          noteStep({ text: format`gave ${value}` }, { name: 'told' });
          noteStep({ text }, { name: 'later' });
          tidyStep({ value, text, times: value });
        });
      }),
    );
    expect(ran.outcome).toMatchObject({ status: 'failed', error: 'fail: as told' });
    const ends = ran.transitions.filter(({ path, status }) => path.startsWith('finally/') && status !== 'running');
    expect(Object.fromEntries(ends.map(({ path, status, detail }) => [path, detail.because ?? status]))).toEqual({
      'finally/add': "`b` comes from 'fail', which failed",
      'finally/told': "`text` comes from 'fail', which failed",
      'finally/later': "`text` comes from 'note', which was skipped",
      'finally/tidy': 'succeeded',
    });
    expect(ends.find(({ path }) => path === 'finally/tidy')?.input).toEqual({ value: null });
  });

  it('fails a run whose exit handler fails', async () => {
    const ran = await run(
      definePipeline({ name: 'exit', params, onExit: () => failStep({}) }, () => noteStep({ text: 'well' })),
    );
    expect(ran.outcome).toMatchObject({ status: 'failed', error: 'onExit/fail: as told', output: { text: 'well' } });
  });

  it('cancels what is under way, starts nothing more, and still runs finallyDo and onExit', async () => {
    const ran = await run(
      definePipeline(
        { name: 'cancelled', params, onExit: ({ run: { status } }) => noteStep({ text: format`${status}` }) },
        () => {
          const { value } = flakyStep({ until: 1 });
          addStep({ a: value, b: 1 }, { name: 'after' });
          finallyDo(() => noteStep({ text: 'tidy' }));
        },
      ),
      { handlers: { ...HANDLERS, flaky: hang }, cancelOn: 'flaky' },
    );
    expect(ran.outcome.status).toBe('cancelled');
    expect(statuses(ran)).toMatchObject({
      flaky: 'cancelled',
      after: 'cancelled',
      'finally/note': 'succeeded',
      'onExit/note': 'succeeded',
    });
  });

  it('does not take the items of a cancelled fan-out for failed ones that minSuccess puts up with', async () => {
    const hangBut: TestHandler = (input, task) => (input.on === 1 ? { value: 1 } : hang(input, task));
    const ran = await run(
      definePipeline({ name: 'cancelled-wide', params }, () => ({
        values: fanOut([1, 2, 3], { minSuccess: 0.3 }, (on) => failStep({ on })),
      })),
      { handlers: { ...HANDLERS, fail: hangBut }, cancelOn: 'fail' },
    );
    expect(ran.outcome).toMatchObject({ status: 'cancelled', output: null });
    expect(statuses(ran)).toMatchObject({ fanOut: 'cancelled' });
  });
}
