import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TaskNode } from '../ir/nodes/task-node.ts';
import { compile } from './compile.ts';
import { CompileError } from './compile-error.ts';
import { definePipeline, defineStep, fanOut, format } from './index.ts';

const shapes = { input: z.object({ day: z.string(), url: z.string() }), output: z.object({ rows: z.number() }) };
const load = defineStep({ name: 'load', ...shapes }).implement(() => ({ rows: 1 }));
const light = defineStep({ name: 'light', ...shapes, cost: 'light' }).implement(() => ({ rows: 1 }));

type Cache = NonNullable<Parameters<typeof load>[1]>['cache'];

function taskWith(cache: Cache, step = load): TaskNode {
  const { ir } = compile(
    definePipeline({ name: 'days', params: z.object({ day: z.string(), url: z.string() }) }, ({ params }) => {
      step({ day: params.day, url: params.url }, { ...(cache === undefined ? {} : { cache }) });
    }),
  );
  return ir.body.nodes[0]?.kind === 'task' ? ir.body.nodes[0] : expect.fail('there is no task');
}

function refusalOf(make: () => unknown): CompileError {
  try {
    make();
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
  return expect.fail('it was taken');
}

describe('a cache key that the call gives', () => {
  it('is a binding of its task, beside the settings', () => {
    const pipeline = definePipeline({ name: 'days', params: z.object({ day: z.string() }) }, ({ params }) => {
      load({ day: params.day, url: '' }, { cache: { key: format`${params.day}`, ttl: '7d' } });
      load({ day: params.day, url: '' }, { name: 'other', cache: { key: { of: [params.day, 1] } } });
    });
    const [one, other] = compile(pipeline).ir.body.nodes;
    const day = { kind: 'param', path: ['day'] };
    expect(one).toMatchObject({
      identity: { kind: 'format', strings: ['', ''], values: [day] },
      overrides: { cache: { ttlMs: 604_800_000 } },
    });
    expect(other).toMatchObject({
      identity: { kind: 'object', fields: { of: { kind: 'array', items: [day, { kind: 'literal', value: 1 }] } } },
    });
  });

  it('may be a constant, and is none where it is left out', () => {
    expect(taskWith({ key: 'v2' }).identity).toEqual({ kind: 'literal', value: 'v2' });
    expect(taskWith({ policy: 'refresh' })).not.toHaveProperty('identity');
    expect(taskWith('refresh')).not.toHaveProperty('identity');
  });

  it.each<[string, Cache, string]>([
    ['empty text', { key: '' }, "`cache.key` of task 'load' is empty"],
    ['an empty object', { key: {} }, "`cache.key` of task 'load' is empty"],
    ['null', { key: null as unknown as string }, "`cache.key` of task 'load' is empty"],
    ['an empty format', { key: format`` }, "`cache.key` of task 'load' is empty"],
    ['a list of fields', { key: ['day'] as unknown as string }, "Inputs are named in the step's contract"],
    ['what JSON cannot say', { key: { of: Number.NaN } }, "`cache.key` of task 'load'.of is NaN"],
  ])('is refused as %s', (_, cache, message) => {
    expect(refusalOf(() => taskWith(cache)).message).toContain(message);
  });

  it('is refused of a light task, which is not cached', () => {
    expect(refusalOf(() => taskWith({ key: 'x' }, light)).message).toContain("task 'light' is light");
  });

  it('is refused where it comes out of a scope that its task is not in', () => {
    const pipeline = () =>
      definePipeline({ name: 'escape' }, () => {
        let leaked: typeof inside | undefined;
        const inside = fanOut(['a'], (day) => {
          const loaded = load({ day, url: '' });
          leaked = loaded as never;
          return loaded;
        });
        load({ day: '', url: '' }, { name: 'after', cache: { key: { leaked: leaked as never } } });
      });
    expect(refusalOf(() => compile(pipeline())).code).toBe('escapingRef');
  });
});

describe('a cache key that the contract gives', () => {
  const withKey = (key: readonly ('day' | 'url')[], more = {}) =>
    defineStep({ name: 'load', ...shapes, cache: { key }, ...more }).implement(() => ({ rows: 1 }));

  it('names inputs that count', () => {
    expect(withKey(['day']).contract.settings.cache).toEqual({ policy: 'on', ttlMs: null, key: ['day'] });
    expect(load.contract.settings.cache).not.toHaveProperty('key');
  });

  it.each<[string, () => unknown, string]>([
    ['no input', () => withKey([]), "Step 'load': cache.key names no input, so that one result would stand for all"],
    ['an unknown one', () => withKey(['dya' as 'day']), "cache.key is 'dya'; it may be 'day', 'url'"],
    ['inputs of a light step', () => withKey(['day'], { cost: 'light' }), 'it is light, so it is not cached'],
  ])('is refused with %s', (_, make, message) => {
    expect(refusalOf(make).message).toContain(message);
  });
});
