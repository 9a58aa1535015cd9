import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { approval, definePipeline, defineStep, eq, fanOut, loop, sleep, when } from './index.ts';
import { compileSmall, increment, refusalOf } from './testing/small-pipelines.ts';

/** What `tsc` would refuse, and nobody asked it. */
const untyped = <T extends object>(options: T, more: Record<string, unknown>): T => ({ ...options, ...more });
const daily = { cron: '0 3 * * *', params: { start: 1 } };
const shapes = { name: 'train', input: z.object({}), output: z.object({}) };

describe('an option that there is not', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a pipeline',
      () => definePipeline(untyped({ name: 'small' }, { trigers: [] }), () => null),
      "Pipeline 'small' has no option 'trigers'; did you mean triggers?",
    ],
    [
      'a schedule',
      () => compileSmall(() => null, { schedule: untyped(daily, { overlp: 'skip' }) }),
      "The schedule of pipeline 'small' has no option 'overlp'; did you mean overlap?",
    ],
    [
      'a step',
      () => defineStep(untyped(shapes, { timeot: '1h' })),
      "Step 'train' has no option 'timeot'; did you mean timeout?",
    ],
    [
      "a step's resources",
      () => defineStep({ ...shapes, resources: untyped({ queue: 'gpu' }, { gpus: 1 }) }),
      "Step 'train': resources has no option 'gpus'; did you mean gpu?",
    ],
    [
      "a step's retry",
      () => defineStep({ ...shapes, retry: untyped({}, { atempts: 5 }) }),
      "Step 'train': retry has no option 'atempts'; did you mean attempts?",
    ],
    [
      "a step's cache",
      () => defineStep({ ...shapes, cache: untyped({}, { tll: '1h' }) }),
      "Step 'train': cache has no option 'tll'; did you mean ttl?",
    ],
    [
      "a step's command",
      () => defineStep({ ...shapes, process: untyped({ command: ['true'] as const }, { file: [] }) }),
      "Step 'train': process has no option 'file'; did you mean files?",
    ],
    [
      "a call's resources",
      () => compileSmall(() => increment({ value: 1 }, { resources: untyped({}, { queue: 'gpu' }) })),
      "Pipeline 'small', task 'increment': resources has no option 'queue'; it has memory, cpu, gpu, replicas.",
    ],
    [
      "a step's call",
      () => compileSmall(() => increment({ value: 1 }, untyped({}, { qeue: 'gpu' }))),
      "Pipeline 'small': task 'increment' has no option 'qeue'; did you mean queue?",
    ],
    [
      'a fan-out',
      () => compileSmall(() => fanOut([1], untyped({}, { concurency: 1 }), (value) => increment({ value }))),
      "Pipeline 'small': fan-out 'fanOut' has no option 'concurency'; did you mean concurrency?",
    ],
    [
      'a loop',
      () => compileSmall(() => loop(1, untyped({ max: 1, until: () => eq(1, 1) }, { names: 'x' }), (value) => value)),
      "Pipeline 'small': loop 'loop' has no option 'names'; did you mean name?",
    ],
    [
      'a branch',
      () => compileSmall(() => when(eq(1, 1), untyped({ do: () => null }, { otherwize: () => null }))),
      "Pipeline 'small': when 'when' has no option 'otherwize'; did you mean otherwise?",
    ],
    [
      'an approval',
      () => compileSmall(() => approval(untyped({ timeout: '1d', onTimeout: 'fail' }, { role: ['ml'] }))),
      "Pipeline 'small': approval 'approval' has no option 'role'; did you mean roles?",
    ],
    [
      'a wait',
      () => compileSmall(() => sleep('1s', untyped({}, { timezone: 'UTC' }))),
      "Pipeline 'small': sleep 'sleep' has no option 'timezone'; it has name, after.",
    ],
  ])('of %s is refused, with what was meant', (_whose, act, message) => {
    expect(refusalOf(act)).toEqual({ code: 'unknownField', message });
  });

  it('is not looked for in what is null', () => {
    const message = "Step 'train': cache is null; leave it out.";
    expect(refusalOf(() => defineStep({ ...shapes, cache: null as never }))).toEqual({ code: 'settings', message });
  });

  it('is one that schedules have on the command line alone', () => {
    const schedule = untyped(daily, { priority: 1 });
    expect(refusalOf(() => compileSmall(() => null, { schedule })).message).toContain(
      "no option 'priority'; it has cron,",
    );
  });
});
