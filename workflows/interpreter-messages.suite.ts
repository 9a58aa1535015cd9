import { expect, it } from 'vitest';
import { z } from 'zod';
import { definePipeline, fanOut, finallyDo, format, notify } from '../dsl/index.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import type { RunSmall, StatusesOf } from './interpreter.suite.ts';
import { addStep, failStep, noteStep } from './interpreter-steps.suite.ts';

const params = z.object({ n: z.number().default(1) });

/** What pipelines tell people. */
export function interpreterMessages(run: RunSmall, statuses: StatusesOf): void {
  it('tells people what a pipeline says, anywhere in it, each task by itself', async () => {
    const told: string[] = [];
    const ran = await run(
      definePipeline(
        { name: 'telling', params, onExit: ({ run: { status } }) => notify({ text: format`It ${status}` }) },
        ({ params: { n } }) => {
          const { value } = addStep({ a: n, b: 1 });
          notify({ text: format`The sum is ${value}`, channel: 'on-call' }, { name: 'sum' });
          fanOut(['a', 'b'.repeat(3_000)], (letter) => notify({ text: letter }));
        },
      ),
      { onMessage: ({ task, text, channel }) => void told.push(`${task.path}: ${text} (${channel})`) },
    );
    expect(ran.outcome).toMatchObject({ status: 'succeeded', error: null });
    expect(told.sort()).toEqual([
      'fanOut[0]/notify: a (null)',
      `fanOut[1]/notify: ${'b'.repeat(1_999)}… (null)`,
      'onExit/notify: It succeeded (null)',
      'sum: The sum is 2 (on-call)',
    ]);
    const sum = ran.transitions.findLast(({ path }) => path === 'sum');
    const input = { text: 'The sum is 2', channel: 'on-call' };
    expect(sum).toMatchObject({ kind: 'notify', status: 'succeeded', input, output: null });
  });

  it('fails where its message is not taken, or is none', async () => {
    const refused = await run(
      definePipeline({ name: 'refused', params }, () => {
        const sent = notify({ text: 'hello', channel: 'nobody' });
        noteStep({ text: 'after' }, { after: sent });
      }),
      {
        onMessage: () => {
          const failure = { kind: 'environment', name: 'NoSuchNotification', message: 'nobody is there' } as const;
          throw new TaskFailed({ ...failure, stack: null, retryable: false });
        },
      },
    );
    expect(refused.outcome).toMatchObject({ status: 'failed', error: 'notify: nobody is there' });
    expect(statuses(refused)).toMatchObject({ notify: 'failed', note: 'skipped' });
    const empty = await run(
      definePipeline({ name: 'empty', params }, () => notify({ text: noteStep({ text: '' }).text })),
    );
    expect(empty.outcome.error).toBe('notify: Notify \'notify\' needs a text, and got "".');
  });

  it('tells at the end what there is, and not what comes from a task that failed', async () => {
    const told: string[] = [];
    const ran = await run(
      definePipeline({ name: 'tidying', params }, () => {
        const { value } = failStep({});
        const { text } = noteStep({ text: 'kept' });
        finallyDo(() => {
          notify({ text: format`Lost ${value}` }, { name: 'lost' });
          notify({ text: format`Has ${text}` }, { name: 'has' });
        });
      }),
      { onMessage: ({ text }) => void told.push(text) },
    );
    expect(told).toEqual(['Has kept']);
    const lost = ran.transitions.find(({ path }) => path === 'finally/lost');
    expect(lost?.detail).toEqual({ because: "what it tells comes from 'fail', which failed" });
  });
}
