import { describe, expect, it } from 'vitest';
import { type StepContract, settingsOf } from './step-contract.ts';

const settings: StepContract['settings'] = {
  resources: { queue: 'cpu', memory: 1, cpu: null, gpu: null },
  retry: { attempts: 3, backoffMs: 1, factor: 2, maxBackoffMs: 10, nonRetryable: [] },
  timeoutMs: 1_000,
  cache: { policy: 'on', ttlMs: null },
  env: { A: '1' },
  secrets: { S: { secret: 's', version: null } },
  isolation: 'process',
};
const contract: StepContract = {
  name: 'step',
  description: null,
  input: {},
  output: {},
  effects: 'none',
  cost: 'ordinary',
  reads: [],
  sources: [],
  implementation: { kind: 'handler' },
  settings,
};

describe('settingsOf', () => {
  it('are the contract’s own where a call changes nothing', () => {
    expect(settingsOf(contract, {})).toEqual(settings);
  });

  it('are overridden field by field, group by group', () => {
    const overrides = { resources: { queue: 'gpu' }, retry: { attempts: 1 }, timeoutMs: 5, env: { B: '2' } } as const;
    expect(settingsOf(contract, { ...overrides, isolation: 'thread' })).toEqual({
      ...settings,
      resources: { ...settings.resources, queue: 'gpu' },
      retry: { ...settings.retry, attempts: 1 },
      timeoutMs: 5,
      env: { A: '1', B: '2' },
      isolation: 'thread',
    });
  });
});
