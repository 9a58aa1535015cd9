import { describe, expect, it } from 'vitest';
import { isStep } from '../dsl/index.ts';
import * as steps from './steps.ts';

describe('millrace/steps', () => {
  it('has code for every step, each under a name of its own', () => {
    const exported: readonly unknown[] = Object.values(steps);
    const builtin = exported.filter(isStep);
    const names = builtin.map(({ contract }) => contract.name);
    expect(names.sort()).toEqual([
      'evaluate',
      'fitTransform',
      'importArtifact',
      'joinPredictions',
      'judgeTrials',
      'planPredictions',
      'predictRows',
      'preprocess',
      'publishPredictions',
      'splitByTime',
    ]);
    expect(builtin.filter(({ handler }) => handler === undefined)).toEqual([]);
    expect(builtin.every(({ contract }) => contract.implementation.kind === 'builtin')).toBe(true);
  });
});
