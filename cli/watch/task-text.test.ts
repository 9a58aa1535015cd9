import { expect, it } from 'vitest';
import { sampleAttempt, sampleTask } from '../testing/sample-run.suite.ts';
import { taskText } from './task-text.ts';

const failure = { kind: 'handler', name: 'Error', message: 'no rows', stack: null, retryable: true } as const;

it('tells of a failed task why, each attempt, what it was given and where its log is', () => {
  const task = sampleTask('train', { status: 'failed', failure, input: { rows: 0 } });
  const ended = { status: 'failed', failure, endedAt: 2_000 } as const;
  expect(taskText(task, [sampleAttempt('train', 1, ended), sampleAttempt('train', 2, ended)])).toBe(
    [
      'train  failed  attempt 2',
      'failure: no rows',
      'attempt 1: failed  1.0 s  on w  no rows',
      'attempt 2: failed  1.0 s  on w  no rows',
      'input: {\n  "rows": 0\n}',
      'output: null',
      "logs: millrace runs logs r1 --path 'train'",
    ].join('\n'),
  );
});

it('tells of a task that was not run where it was', () => {
  const cache = { key: 'k', reason: 'hit', detail: '', origin: { runId: 'r0', path: 'load' } } as const;
  const text = taskText(sampleTask('load', { status: 'cached', cache, output: 1 }), []);
  expect(text).toBe("load  cached  from r0\ninput: null\noutput: 1\nlogs: millrace runs logs r0 --path 'load'");
});

it('tells of a task that waits for another one which that is', () => {
  const awaited = (runId: string) => {
    const cache = { key: 'k', reason: 'underWay', detail: '', origin: { runId, path: 'load' } } as const;
    return taskText(sampleTask('again', { status: 'waiting', endedAt: null, cache }), []).split('\n')[0];
  };
  expect(awaited('r0')).toBe('again  waiting  waits for run r0 task load, which computes the same');
  expect(awaited('r1')).toBe('again  waiting  waits for task load, which computes the same');
});

it('tells what a task says to people', () => {
  const said = { kind: 'notify', input: { text: `AUC 0.61\n${'x'.repeat(500)}` } } as const;
  expect(taskText(sampleTask('notify', said), []).split('\n')[0]).toBe('notify  succeeded  AUC 0.61');
  const long = { kind: 'notify', input: { text: 'x'.repeat(500) } } as const;
  expect(taskText(sampleTask('notify', long), []).split('\n')[0]).toBe(`notify  succeeded  ${'x'.repeat(200)}…`);
});

it('tells of an approval that waits what it asks, and what to type', () => {
  const form = {
    type: 'object',
    required: ['grade'],
    properties: { grade: { enum: ['a', 'b'] }, stars: { type: 'integer', default: 3 } },
  };
  const detail = { message: 'Ship it?\nReally?', form, roles: [], deadline: 11_000 };
  const task = sampleTask('trials[0]/sign', { kind: 'approval', status: 'waiting', endedAt: null, detail });
  expect(taskText(task, [], 1_000)).toBe(
    [
      'trials[0]/sign  waiting  waits for a decision, 10.0 s left',
      '  Ship it?',
      '  Really?',
      '  grade: a or b',
      '  stars: a whole number (3 unless given)',
      "  millrace runs approve r1 'trials[0]/sign' 'grade=a|b'",
      "  millrace runs approve r1 'trials[0]/sign' --reject",
    ].join('\n'),
  );
});

it('tells where an approval asks too much to be listed', () => {
  const leftOut = { failure: null, cache: null, detail: 20_000, input: null, output: null };
  const task = sampleTask('sign', { kind: 'approval', status: 'waiting', endedAt: null, leftOut });
  expect(taskText(task, [])).toContain('too large to be shown here:\n  millrace runs get r1 --path sign');
});
