import { expect, it } from 'vitest';
import { sampleAttempt, sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { runSummary } from './run-summary.ts';

const failure = (message: string, name = 'Error') =>
  ({ kind: 'handler', name, message, stack: null, retryable: true }) as const;
const ended = { startedAt: 1_000, endedAt: 4_000 };
const failed = (path: string, change = {}) =>
  sampleTask(path, { status: 'failed', failure: failure('no rows\nsecond line'), ...change });

it('tells how large an output is that is too large to be shown', () => {
  const large = { ...ended, status: 'succeeded', leftOut: { params: null, output: 2_000_000 } } as const;
  expect(runSummary(sampleRun([], [], large))).toBe(
    'r1 succeeded in 3.0 s: no tasks\noutput: 2.0 MB, too large to be shown: millrace runs get r1 --values',
  );
});

it('tells a failure once: task, attempt, message, log and what to do', () => {
  const tasks = [
    failed('gate', { kind: 'when' }),
    failed('gate/do/trials', { kind: 'fanOut' }),
    failed('gate/do/trials[1]/train'),
    sampleTask('later', { kind: 'when', status: 'skipped', startedAt: null }),
  ];
  const attempts = [1, 2, 3].map((attempt) => sampleAttempt('gate/do/trials[1]/train', attempt, { status: 'failed' }));
  const error = 'gate/do/trials[1]/train: no rows\nsecond line';
  expect(runSummary(sampleRun(tasks, attempts, { ...ended, status: 'failed', error }))).toBe(
    [
      'r1 failed in 3.0 s: 1 failed, 1 skipped',
      'error: gate/do/trials[1]/train, attempt 3: no rows',
      'second line',
      "logs:  millrace runs logs r1 --path 'gate/do/trials[1]/train'",
      'retry: millrace runs retry r1  (name=value changes a parameter, --code FILE takes your edits along)',
    ].join('\n'),
  );
});

it('tells the failure that ended the run first, and counts those that are too many', () => {
  const tasks = [1, 2, 3, 4, 5].map((index) => failed(`trials[${index}]/train`, { endedAt: 1_000 * index }));
  const text = runSummary(sampleRun(tasks, [], { ...ended, status: 'failed', error: 'trials[5]/train: no rows' }));
  expect(text.split('\n').filter((line) => line.startsWith('error: '))).toEqual([
    'error: trials[5]/train: no rows',
    'error: trials[1]/train: no rows',
    'error: trials[2]/train: no rows',
  ]);
  expect(text).toContain('… and 2 more failed: millrace runs get r1');
});

it('tells an error that is no task’s', () => {
  const run = sampleRun([sampleTask('load')], [], { ...ended, status: 'failed', error: 'Its process is gone.' });
  expect(runSummary(run)).toContain('r1 failed in 3.0 s: 1 succeeded\nerror: Its process is gone.\nretry: ');
});

it('names no log of a task whose handler never began', () => {
  const missing = { ...failure('no secret', 'SecretMissing'), kind: 'environment' } as const;
  const tasks = [failed('train', { failure: missing })];
  const summary = (...attempts: readonly (typeof missing | null)[]) =>
    runSummary(
      sampleRun(
        tasks,
        attempts.map((each, index) => sampleAttempt('train', index + 1, { status: 'failed', failure: each })),
        { ...ended, status: 'failed', error: 'train: no secret' },
      ),
    );
  expect(summary(missing)).not.toContain('logs:');
  expect(summary(null, missing)).toContain("logs:  millrace runs logs r1 --path 'train'");
});

it('says that a broken contract wants an edit before another try', () => {
  const broken = { ...failure('n: has to be a number', 'ContractError'), kind: 'contract', retryable: false };
  const tasks = [failed('train', { failure: broken })];
  const run = sampleRun(tasks, [], { ...ended, driver: 'local', status: 'failed', error: 'train: n: has to be' });
  expect(runSummary(run).split('\n').at(-1)).toBe(
    'retry: edit, then: millrace runs retry r1 --local --code FILE  (name=value changes a parameter)',
  );
});

it('does not send an approval back to where nobody can decide', () => {
  const alone = { ...failure('waits for a person', 'ApprovalInLocalRun'), kind: 'environment', retryable: false };
  const tasks = [failed('ship', { kind: 'approval', failure: alone })];
  const local = { ...ended, driver: 'local', status: 'failed', error: 'ship: waits for a person' } as const;
  expect(runSummary(sampleRun(tasks, [], local))).toContain('\nretry: millrace runs retry r1  (');
});

it('counts promotions, and a gate that failed by itself', () => {
  const gate = sampleTask('gate', { kind: 'when', status: 'failed', failure: failure('null ≥ 1') });
  const tasks = [sampleTask('load'), sampleTask('promote', { kind: 'promote' }), gate];
  const text = runSummary(sampleRun(tasks, [], { ...ended, status: 'failed', error: 'gate: null ≥ 1' }));
  expect(text).toContain('r1 failed in 3.0 s: 2 succeeded, 1 failed\nerror: gate: null ≥ 1\nretry: ');
});

it('tells what failed in a run that went well without it', () => {
  const tasks = [sampleTask('trials[0]/train'), failed('trials[1]/train', { failure: failure('odd', 'RangeError') })];
  const text = runSummary(sampleRun(tasks, [], { ...ended, status: 'succeeded' }));
  expect(text).toBe('r1 succeeded in 3.0 s: 1 succeeded, 1 failed\nfailed: trials[1]/train: RangeError: odd');
});
