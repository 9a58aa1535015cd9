import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  ServerFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { isWorkerLoss, type TaskFailure, WORKER_SHUT_DOWN } from '../../ir/protocol/task-failure.ts';
import { applicationFailureOf } from './application-failure.ts';
import { taskFailedOf } from './failure-of.ts';

const HANDLER: TaskFailure = { kind: 'handler', name: 'TypeError', message: 'no x', stack: 'at y', retryable: true };

const activity = (cause: Error) => new ActivityFailure('failed', 'train', '1', RetryState.TIMEOUT, 'worker', cause);
const child = (cause: Error) =>
  new ChildWorkflowFailure('default', { workflowId: 'w', runId: 'r' }, 'millraceRollout', RetryState.TIMEOUT, cause);
const timeout = (type: TimeoutType) => new TimeoutFailure('timeout', undefined, type);

describe('taskFailedOf', () => {
  it('gives back whole what went through Temporal as a failure of a task', () => {
    const sent = applicationFailureOf(HANDLER);
    for (const error of [sent, activity(sent), child(activity(sent))]) {
      expect(taskFailedOf(error, 'train').failure).toEqual(HANDLER);
    }
  });

  it.each([true, false])('lets Temporal try again what may be tried again: %s', (retryable) => {
    expect(applicationFailureOf({ ...HANDLER, retryable })).toMatchObject({
      type: 'TypeError',
      message: 'no x',
      nonRetryable: !retryable,
    });
  });

  it.each<[string, Error, Partial<TaskFailure>]>([
    [
      'a cancellation',
      new CancelledFailure('stop'),
      { kind: 'cancelled', name: 'Cancelled', message: "'train' was cancelled." },
    ],
    ['a cancelled activity', activity(new CancelledFailure('stop')), { kind: 'cancelled' }],
    [
      'a failure of no task',
      activity(ApplicationFailure.create({ type: 'NoSuchActivity', message: 'not registered' })),
      { kind: 'worker', name: 'NoSuchActivity', message: 'not registered' },
    ],
    [
      'details that are no failure of ours',
      activity(ApplicationFailure.create({ message: 'odd', details: ['text'] })),
      { kind: 'worker', message: 'odd' },
    ],
    [
      'what Temporal itself could not do',
      new ServerFailure('payload too large', true),
      { kind: 'worker', name: 'ServerFailure', message: "'train': payload too large" },
    ],
    ['a lost worker', activity(timeout(TimeoutType.HEARTBEAT)), { kind: 'worker', name: 'WorkerLost' }],
    [
      'too little time',
      activity(timeout(TimeoutType.START_TO_CLOSE)),
      { kind: 'timeout', name: 'Timeout', message: "'train' ran out of time." },
    ],
  ])('names %s', (_, error, failure) => {
    expect(taskFailedOf(error, 'train').failure).toMatchObject({ ...failure, stack: null, retryable: false });
  });

  it('says of a lost worker which task it ran and what to do', () => {
    const { message } = taskFailedOf(activity(timeout(TimeoutType.HEARTBEAT)), 'trials[3]/train');
    expect(message).toContain("'trials[3]/train'");
    expect(message).toContain('retry the run');
  });

  it('throws on what is none of Temporal’s failures: it is a defect of the workflow', () => {
    const defect = new TypeError('undefined is not a function');
    expect(() => taskFailedOf(defect, 'train')).toThrow(defect);
  });
});

describe('isWorkerLoss', () => {
  it.each<[string, Error, boolean]>([
    ['a heart that stopped', activity(timeout(TimeoutType.HEARTBEAT)), true],
    [
      'a worker’s own word',
      activity(applicationFailureOf({ ...HANDLER, kind: 'worker', name: WORKER_SHUT_DOWN })),
      true,
    ],
    ['a handler that took too long', activity(timeout(TimeoutType.START_TO_CLOSE)), false],
    ['a handler that threw', activity(applicationFailureOf(HANDLER)), false],
    ['a failure of no task', activity(ApplicationFailure.create({ message: 'other' })), false],
    ['any other fault of a worker', activity(applicationFailureOf({ ...HANDLER, kind: 'worker' })), false],
  ])('%s: %s', (_, error, lost) => {
    expect(isWorkerLoss(taskFailedOf(error, 'train').failure)).toBe(lost);
  });
});
