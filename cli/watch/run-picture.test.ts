import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { WORKER_LOST } from '../../ir/protocol/task-failure.ts';
import type { RunDetail } from '../../server/client.ts';
import { sampleAttempt, sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { changedLines } from './plain-lines.ts';
import { type PictureOptions, runPicture } from './run-picture.ts';
import { taskTree } from './task-tree.ts';

const plain: PictureOptions = { now: 4_000, colors: picocolors.createColors(false), width: 100, height: 100 };
const ASKED = {
  message: 'Ship version 3 with AUC 0.78?',
  roles: ['lead'],
  deadline: 64_000,
  form: {
    type: 'object',
    required: ['reason', 'stars'],
    properties: {
      reason: { type: 'string', minLength: 1 },
      stars: { type: 'integer', minimum: 1, maximum: 5 },
      note: { type: 'string' },
    },
  },
};
const failure = {
  kind: 'handler',
  name: 'Error',
  message: 'no rows\nsecond line',
  stack: null,
  retryable: false,
} as const;

describe('the tree of a run', () => {
  it('hangs tasks under the scopes that their paths name, in the order in which they started', () => {
    const tree = taskTree([
      sampleTask('trials[1]/train', { startedAt: 30 }),
      sampleTask('trials', { kind: 'fanOut', startedAt: 20 }),
      sampleTask('load', { startedAt: 10 }),
      sampleTask('trials[0]/train', { startedAt: 25 }),
      sampleTask('trials[10]/train', { startedAt: 21 }),
      sampleTask('trials[10]/test', { startedAt: 22 }),
      sampleTask('tune', { kind: 'loop', startedAt: 39 }),
      sampleTask('tune#2/fit', { startedAt: 40 }),
    ]);
    expect(tree.map((node) => node.label)).toEqual(['load', 'trials', 'tune']);
    expect(tree[1]?.children.map((node) => [node.label, node.path, node.task?.path])).toEqual([
      ['[0]/train', 'trials[0]/train', 'trials[0]/train'],
      ['[1]/train', 'trials[1]/train', 'trials[1]/train'],
      ['[10]', 'trials[10]', undefined],
    ]);
    expect(tree[1]?.children[2]?.children.map((node) => node.label)).toEqual(['train', 'test']);
    expect(tree[2]?.children[0]?.label).toBe('#2/fit');
  });
});

describe('the picture of a run', () => {
  it('shows status, path, duration, cache, progress and failure', () => {
    const running = { status: 'running', endedAt: null } as const;
    const lines = runPicture(
      sampleRun(
        [
          sampleTask('load', { status: 'cached', sequence: 1, startedAt: 1 }),
          sampleTask('train', { ...running, startedAt: 1_000 }),
          sampleTask('report', { status: 'failed', failure, startedAt: 2_000 }),
          sampleTask('notify', { status: 'skipped', startedAt: null, at: 3_000, detail: { because: 'report failed' } }),
        ],
        [sampleAttempt('train', 1), sampleAttempt('train', 2, { progress: 0.42, message: 'epoch 3' })],
      ),
      plain,
    );
    expect(lines).toEqual([
      '● r1  running  3.0 s',
      '  ≡ load  2.5 s  cached',
      '  ● train  3.0 s  attempt 2 42% epoch 3',
      '  ✗ report  500 ms  no rows',
      '  - notify  report failed',
    ]);
  });

  it('says of a task that was not run where its result comes from, where there is room', () => {
    const from = (runId: string) => ({ key: 'k', reason: 'hit', detail: '', origin: { runId, path: 'load' } }) as const;
    const tasks = [
      sampleTask('load', { status: 'cached', cache: from('churn-1'), startedAt: null }),
      sampleTask('split', { status: 'reused', cache: from('churn-2'), startedAt: null, sequence: 2 }),
      sampleTask('train', { status: 'cached', cache: from('x'.repeat(49)), startedAt: null, sequence: 3 }),
    ];
    expect(runPicture(sampleRun(tasks), plain).slice(1)).toEqual([
      '  ≡ load  cached from churn-1',
      '  ≡ split  reused from churn-2',
      '  ≡ train  cached',
    ]);
    expect(changedLines(null, sampleRun(tasks))).toEqual([
      'cached     load  from churn-1',
      'reused     split  from churn-2',
      'cached     train',
    ]);
  });

  it('begins a scope with the first thing in it: until then it waits, below what it waits for', () => {
    const trials = sampleTask('trials', { kind: 'fanOut', status: 'running', startedAt: 1_000, endedAt: null });
    const load = sampleTask('load', { status: 'running', startedAt: 1_500, endedAt: null, sequence: 2 });
    const first = sampleRun([trials, load]);
    expect(runPicture(first, plain).slice(1)).toEqual(['  ● load  2.5 s', '  ◷ trials  waits']);
    expect(changedLines(null, first)).toEqual(['running    load']);
    const loaded = sampleTask('load', { startedAt: 1_500, sequence: 3 });
    const train = sampleTask('trials[0]/train', { status: 'running', startedAt: 2_600, endedAt: null, sequence: 4 });
    const later = sampleRun([trials, loaded, train]);
    expect(runPicture(later, plain).slice(1)).toEqual([
      '  ✓ load  1.0 s',
      '  ● trials  1.4 s',
      '    ● [0]/train  1.4 s',
    ]);
    expect(changedLines(first, later)).toEqual([
      'running    trials',
      'succeeded  load  1.0 s',
      'running    trials[0]/train',
    ]);
  });

  it('names the branch that a gate took, and tells all of what an approval asks', () => {
    const gate = sampleTask('gate', { kind: 'when', detail: { chosen: 'do', conditions: [] } });
    const sign = sampleTask('gate/do/sign', { kind: 'approval', status: 'waiting', endedAt: null, detail: ASKED });
    const run = sampleRun([gate, sign]);
    expect(runPicture(run, plain).slice(1)).toEqual([
      '  ✓ gate  1.5 s  → do',
      '    ◷ do/sign  3.0 s  waits for a decision, 1 m 00 s left',
      '        Ship version 3 with AUC 0.78?',
      '        for: lead',
      '        reason: text, not empty',
      '        stars: a whole number, 1 to 5',
      '        note: text (optional)',
      '        millrace runs approve r1 gate/do/sign reason=… stars=1..5',
      '        millrace runs approve r1 gate/do/sign --reject',
    ]);
    expect(changedLines(null, run).slice(-2)).toEqual([
      '           millrace runs approve r1 gate/do/sign reason=… stars=1..5',
      '           millrace runs approve r1 gate/do/sign --reject',
    ]);
    const narrow = runPicture(run, { ...plain, width: 48, height: 20 });
    expect(narrow.every((line) => line.length <= 48)).toBe(true);
    expect(narrow.slice(-4, -2)).toEqual([
      '        millrace runs approve r1 gate/do/sign \\',
      '        reason=… stars=1..5',
    ]);
  });

  it('tells of many approvals what three ask, and where the others say it', () => {
    const items = Array.from({ length: 5 }, (_, index) =>
      sampleTask(`ask[${index}]/sign`, { kind: 'approval', status: 'waiting', endedAt: null, detail: ASKED }),
    );
    const lines = runPicture(sampleRun(items), { ...plain, width: 120 });
    expect(lines.filter((line) => line.includes('Ship version 3'))).toHaveLength(3);
    expect(lines.at(-1)).toContain("waits for a decision, 1 m 00 s left: millrace runs get r1 --path 'ask[4]/sign'");
  });

  it('says how an approval was decided', () => {
    const decided = (name: string, output: object) =>
      sampleTask(name, {
        kind: 'approval',
        output: { approved: false, by: null, form: null, timedOut: false, ...output },
      });
    const tasks = [
      decided('a', { approved: true, by: 'ada' }),
      decided('b', { by: 'bob' }),
      decided('c', { timedOut: true }),
      decided('d', { approved: true, timedOut: true }),
    ];
    expect(runPicture(sampleRun(tasks), plain).slice(1)).toEqual([
      '  ✓ a  1.5 s  → approved by ada',
      '  ✓ b  1.5 s  → rejected by bob',
      '  ✓ c  1.5 s  → nobody answered in time: rejected',
      '  ✓ d  1.5 s  → nobody answered in time: approved',
    ]);
  });

  it('counts the good items of a wide fan-out and shows the others', () => {
    const items = Array.from({ length: 40 }, (_, index) =>
      sampleTask(`wide[${index}]/work`, {
        status: index === 7 ? 'failed' : 'succeeded',
        failure: index === 7 ? failure : null,
      }),
    );
    const lines = runPicture(sampleRun([sampleTask('wide', { kind: 'fanOut' }), ...items]), plain);
    expect(lines.some((line) => line.trim() === '✓ 39 done')).toBe(true);
    expect(lines.filter((line) => line.includes('work'))).toHaveLength(1);
  });

  it('folds what is finished when the terminal is low, and never draws more lines than it has', () => {
    const done = Array.from({ length: 8 }, (_, index) => sampleTask(`small[${index}]/work`));
    const open = sampleTask('last', { status: 'running', endedAt: null, startedAt: 3_000 });
    const run = sampleRun([sampleTask('small', { kind: 'fanOut' }), ...done, open]);
    expect(runPicture(run, plain)).toHaveLength(11);
    expect(runPicture(run, { ...plain, height: 10 })).toEqual([
      '● r1  running  3.0 s',
      '  ✓ small  1.5 s',
      '  ● last  1.0 s',
    ]);
    const many = sampleRun(Array.from({ length: 50 }, (_, index) => sampleTask(`task${index}`)));
    expect(runPicture(many, { ...plain, height: 10 }).length).toBeLessThan(10);
  });

  it('cuts lines to the width of the terminal', () => {
    const long = sampleTask('report', { status: 'failed', failure: { ...failure, message: 'x'.repeat(500) } });
    for (const line of runPicture(sampleRun([long]), { ...plain, width: 60 }))
      expect(line.length).toBeLessThanOrEqual(60);
  });
});

describe('lines in a pipe', () => {
  it('are written for each change of state, and only once', () => {
    const running = sampleRun([sampleTask('load', { status: 'running', endedAt: null })]);
    const done = sampleRun([
      sampleTask('load'),
      sampleTask('train', { status: 'running', endedAt: null, sequence: 2 }),
    ]);
    expect(changedLines(null, running)).toEqual(['running    load']);
    expect(changedLines(running, done)).toEqual(['succeeded  load  1.5 s', 'running    train']);
    expect(changedLines(done, done)).toEqual([]);
  });

  it('say of an attempt that failed what it was and when the next comes, once', () => {
    const running = sampleTask('train', { status: 'running', endedAt: null });
    const lost = {
      ...failure,
      kind: 'worker',
      name: WORKER_LOST,
      message: 'the worker is gone',
      retryable: true,
    } as const;
    const first = sampleAttempt('train', 1, { status: 'failed', failure: lost, endedAt: 2_000 });
    const second = sampleAttempt('train', 2, {
      status: 'failed',
      failure: { ...failure, message: 'no rows.', retryable: true },
      endedAt: 3_000,
    });
    const third = sampleAttempt('train', 3, { progress: 0.5 });
    const policy = { attempts: 2, backoffMs: 30_000, factor: 2, maxBackoffMs: 60_000, nonRetryable: [] };
    const policies = () => policy;
    const looks = [
      sampleRun([running]),
      sampleRun([running], [first, second]),
      sampleRun([running], [first, second, third]),
    ];
    expect(changedLines(looks[0] ?? null, sampleRun([running], [first, second]), policies)).toEqual([
      'retrying   train  attempt 1: worker lost, running again (not counted in retry)',
      'retrying   train  attempt 2 of 3 failed: no rows, again in 30 s',
    ]);
    expect(changedLines(looks[1] ?? null, looks[1] as RunDetail, policies)).toEqual([]);
    expect(runPicture(looks[1] as RunDetail, { ...plain, policies })[1]).toBe(
      '  ● train  3.0 s  attempt 2 of 3 failed: no rows, again in 29 s',
    );
    expect(runPicture(looks[2] as RunDetail, { ...plain, policies })[1]).toBe('  ● train  3.0 s  attempt 3 of 3 50%');
  });

  it('count attempts by their numbers, for of many the newest alone are listed', () => {
    const running = sampleTask('train', { status: 'running', endedAt: null });
    const failed = { ...failure, message: 'boom', retryable: true };
    const listed = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) =>
        sampleAttempt('train', from + index, { status: 'failed', failure: failed, endedAt: 2_000 }),
      );
    const policies = () => ({ attempts: 30, backoffMs: 1_000, factor: 1.1, maxBackoffMs: 60_000, nonRetryable: [] });
    const newest = (from: number, to: number) =>
      changedLines(null, sampleRun([running], listed(from, to)), policies).at(-1);
    expect(newest(10, 29)).toBe('retrying   train  attempt 29 of 30 failed: boom, again in 15 s');
    expect(newest(11, 30)).toBe('retrying   train  attempt 29 of 30 failed: boom, again in 15 s');
  });

  it('leave the last failure to the summary', () => {
    const failed = sampleTask('train', { status: 'failed', failure });
    const last = sampleAttempt('train', 1, { status: 'failed', failure, endedAt: 2_000 });
    expect(changedLines(null, sampleRun([failed], [last]))).toEqual(['failed     train  1.5 s']);
    const ended = sampleRun([failed], [last], { status: 'failed', error: 'train: no rows', endedAt: 3_000 });
    expect(runPicture(ended, plain)[1]).toBe('  ✗ train  1.5 s');
  });
});
