import { describe, expect, it } from 'vitest';
import { type SourceOptions, sourceOf } from './trigger-source.ts';

describe('what a trigger waits for', () => {
  it.each<[SourceOptions, unknown]>([
    [{}, undefined],
    [{ on: 'webhook' }, { kind: 'webhook' }],
    [
      { on: 'runEnded', of: 'p', status: ['failed'] },
      { kind: 'runEnded', pipeline: 'p', statuses: ['failed'] },
    ],
    [
      { on: 'metricCrossed', of: 'p', metric: 'auc', below: 0 },
      { kind: 'metricCrossed', pipeline: 'p', metric: 'auc', side: 'below', limit: 0 },
    ],
    [
      { on: 'partitionArrived', path: '/x', lateAfter: '1h' },
      { kind: 'partitionArrived', path: '/x', lateAfter: '1h' },
    ],
  ])('is read of %j', (options, source) => {
    expect(sourceOf(options)).toEqual(source);
  });

  it.each<[SourceOptions, string]>([
    [{ of: 'p' }, '--on is not given'],
    [{ on: 'stale', of: 'p' }, '--on stale needs --older-than'],
    [{ on: 'webhook', of: 'p' }, '--on webhook takes no --of'],
    [{ on: 'metricCrossed', of: 'p', metric: 'auc' }, '--above or --below'],
    [{ on: 'metricCrossed', of: 'p', metric: 'auc', above: 1, below: 0 }, '--above or --below'],
    [{ on: 'metricCrossed', of: 'p', metric: 'auc', above: Number.NaN }, '--above or --below'],
  ])('is refused of %j', (options, said) => {
    expect(() => sourceOf(options)).toThrow(said);
  });

  it.each<[SourceOptions, string]>([
    [{ model: 'm' }, 'Say what it waits for: --on versionAdded or --on aliasMoved.'],
    [{ on: 'stale', of: 'p' }, 'Give all of --on stale --of PIPELINE --older-than 26h.'],
    [{ on: 'webhook', path: '/x' }, 'Leave it out; it belongs to --on partitionArrived.'],
  ])('is refused of %j with what to do next', (options, next) => {
    expect(() => sourceOf(options)).toThrow(expect.objectContaining({ next }));
  });
});
