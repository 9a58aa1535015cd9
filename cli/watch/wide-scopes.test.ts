import picocolors from 'picocolors';
import { expect, it } from 'vitest';
import type { RunDetail, TaskCount } from '../../server/client.ts';
import { runSummary } from '../submit/run-summary.ts';
import { sampleRun, sampleTask } from '../testing/sample-run.suite.ts';
import { changedLines } from './plain-lines.ts';
import { progressLines } from './progress-lines.ts';
import { runPicture } from './run-picture.ts';

const failure = { kind: 'handler', name: 'Error', message: 'no rows', stack: null, retryable: false } as const;
const under = (status: TaskCount['status'], tasks: number): TaskCount => ({
  address: 'trials/train',
  kind: 'task',
  status,
  tasks,
});

/** A fan-out of 100,000 of which the document lists some. */
function wideRun(change: Partial<RunDetail['run']> = {}): RunDetail {
  const failed = Array.from({ length: 30 }, (_, index) =>
    sampleTask(`trials[${index}]/train`, { status: 'failed', sequence: index + 2, failure }),
  );
  const running = Array.from({ length: 500 }, (_, index) =>
    sampleTask(`trials[${index + 50}]/train`, { status: 'running', sequence: index + 90, endedAt: null }),
  );
  const scope = sampleTask('trials', { kind: 'fanOut', status: 'running', endedAt: null, detail: { items: 100_000 } });
  const counts = [
    { address: null, kind: 'fanOut', status: 'running', tasks: 1 } as const,
    ...[under('succeeded', 49_500), under('failed', 30), under('running', 500)],
  ];
  return { ...sampleRun([scope, ...failed, ...running], [], change), counts, unlisted: 49_500 };
}

it('shows a wide fan-out on a terminal as a bar, its counts and the first that failed', () => {
  const lines = runPicture(wideRun(), { now: 4_000, colors: picocolors.createColors(false), width: 100, height: 24 });
  expect(lines.slice(1, 4)).toEqual([
    '  ● trials  3.0 s',
    '    █████████░░░░░░░░░░░  trials/train  49,530 of 100,000, 30 failed',
    '    ✗ trials[0]/train  1.5 s  no rows',
  ]);
  expect(lines).toHaveLength(8);
});

it('tells a pipe of a wide fan-out the first failures alone, and every few seconds how far it is', () => {
  const lines = changedLines(null, wideRun());
  expect(lines).toHaveLength(21);
  expect(lines.join('\n')).not.toContain('running    trials[');
  const progress = progressLines(5_000);
  const told = 'progress   trials/train  49,530 of 100,000, 30 failed';
  expect(progress(wideRun(), 0)).toEqual([told]);
  expect(progress(wideRun(), 6_000)).toEqual([]);
  const later = { ...wideRun(), counts: [under('succeeded', 60_000)] };
  expect(progress(later, 7_000)).toEqual([]);
  expect(progress(later, 11_000)).toEqual(['progress   trials/train  60,000 of 100,000']);
});

it('counts in its summary all tasks, and all failures, of which some are listed', () => {
  const summary = runSummary(wideRun({ status: 'failed', endedAt: 5_000, error: 'trials[0]/train: no rows' }));
  expect(summary).toContain('500 running, 49500 succeeded, 30 failed');
  expect(summary).toContain('… and 27 more failed: millrace runs tasks r1 --status failed');
});
