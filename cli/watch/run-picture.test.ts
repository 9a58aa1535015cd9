import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { WORKER_LOST } from '../../ir/protocol/task-failure.ts';
import type { RunDetail } from '../../server/client.ts';
import { sampleAttempt, sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { changedLines } from './plain-lines.ts';
import { type PictureOptions, runPicture } from './run-picture.ts';
import { taskTree } from './task-tree.ts';

const plain: PictureOptions = { now: 4_000, colors: picocolors.createColors(false), width: 100, height: 100 };
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

  it('names the branch that a gate took, and what an approval waits for', () => {
    const gate = sampleTask('gate', { kind: 'when', detail: { chosen: 'do', conditions: [] } });
    const sign = sampleTask('gate/do/sign', { kind: 'approval', status: 'waiting', endedAt: null });
    const lines = runPicture(sampleRun([gate, sign]), plain);
    expect(lines[1]).toBe('  ✓ gate  1.5 s  → do');
    expect(lines[2]).toContain('◷ do/sign  3.0 s  waits for: millrace runs approve r1 gate/do/sign');
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

  it('leave the last failure to the summary', () => {
    const failed = sampleTask('train', { status: 'failed', failure });
    const last = sampleAttempt('train', 1, { status: 'failed', failure, endedAt: 2_000 });
    expect(changedLines(null, sampleRun([failed], [last]))).toEqual(['failed     train  1.5 s']);
    const ended = sampleRun([failed], [last], { status: 'failed', error: 'train: no rows', endedAt: 3_000 });
    expect(runPicture(ended, plain)[1]).toBe('  ✗ train  1.5 s');
  });
});
