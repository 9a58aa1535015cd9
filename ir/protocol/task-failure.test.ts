import { describe, expect, it } from 'vitest';
import { FAILURE_KINDS, isRetryable, TaskFailed } from './task-failure.ts';
import { rolloutWorkflowId, runWorkflowId } from './workflow-names.ts';

describe('isRetryable', () => {
  it('leaves out what another attempt cannot mend', () => {
    expect(FAILURE_KINDS.filter((kind) => isRetryable(kind, 'Error', []))).toEqual([
      'handler',
      'timeout',
      'crash',
      'worker',
    ]);
  });

  it('leaves out the errors that the contract names', () => {
    expect(isRetryable('handler', 'RangeError', ['RangeError'])).toBe(false);
  });
});

describe('TaskFailed', () => {
  it('is an error with the failure and its message', () => {
    const failure = { kind: 'handler', name: 'Error', message: 'no', stack: null, retryable: true } as const;
    const error = new TaskFailed(failure);
    expect(error).toMatchObject({ name: 'TaskFailed', message: 'no', failure });
    expect(error).toBeInstanceOf(Error);
  });
});

describe('workflow ids', () => {
  it('begin with the project', () => {
    expect(runWorkflowId('default', 'r1')).toBe('default/run/r1');
    expect(rolloutWorkflowId('default', 'flights', 'r1', 'gate/promote')).toBe(
      'default/rollout/flights/r1/gate/promote',
    );
  });
});
