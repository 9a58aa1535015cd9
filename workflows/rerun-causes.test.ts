import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  after,
  compile,
  definePipeline,
  defineStep,
  eq,
  fanOut,
  finallyDo,
  gte,
  loop,
  type PipelineDefinition,
  when,
} from '../dsl/index.ts';
import { rerunCauses } from './rerun-causes.ts';

const make = (name: string) =>
  defineStep({
    name,
    input: z.object({ on: z.number().default(0), all: z.array(z.number()).default([]) }),
    output: z.object({ value: z.number() }),
  }).implement(() => ({ value: 0 }));
const a = make('a');
const b = make('b');
const c = make('c');
const d = make('d');
const e = make('e');

/** The paths of `asked` that a rerun from some does anew. */
function anew(pipeline: PipelineDefinition, from: readonly string[], asked: readonly string[]): readonly string[] {
  const causeOf = rerunCauses(compile(pipeline).ir, from);
  return asked.filter((path) => causeOf(path) !== null);
}

describe('a rerun', () => {
  it('of nothing runs nothing anew', () => {
    const pipeline = definePipeline({ name: 'none' }, () => a({}));
    expect(anew(pipeline, [], ['a'])).toEqual([]);
  });

  it('follows what is read, and `after`, and nothing that came before or lies apart', () => {
    const pipeline = definePipeline({ name: 'chain' }, () => {
      const first = a({});
      const second = b({ on: first.value });
      c({ on: second.value });
      const ordered = d({});
      after(ordered, second);
      e({});
    });
    expect(anew(pipeline, ['b'], ['a', 'b', 'c', 'd', 'e'])).toEqual(['b', 'c', 'd']);
    expect(anew(pipeline, ['c', 'e'], ['a', 'b', 'c', 'd', 'e'])).toEqual(['c', 'e']);
  });

  const wide = definePipeline({ name: 'wide' }, () => {
    const first = a({});
    const trials = fanOut([1, 2, 3], { name: 'trials' }, (item) => {
      const inner = b({ on: item });
      const { value } = c({ on: inner.value });
      e({ on: first.value });
      return value;
    });
    d({ all: trials });
  });
  const items = [0, 1, 2].flatMap((index) => ['b', 'c', 'e'].map((name) => `trials[${index}]/${name}`));

  it('of one item leaves the others, and runs what reads the list', () => {
    const asked = ['a', ...items, 'd'];
    expect(anew(wide, ['trials[1]/c'], asked)).toEqual(['trials[1]/c', 'd']);
    expect(anew(wide, ['trials[1]'], asked)).toEqual(['trials[1]/b', 'trials[1]/c', 'trials[1]/e', 'd']);
  });

  it('of a task without its index is of all items', () => {
    const asked = ['a', ...items, 'd'];
    expect(anew(wide, ['trials/b'], asked)).toEqual([
      ...[0, 1, 2].flatMap((index) => [`trials[${index}]/b`, `trials[${index}]/c`]),
      'd',
    ]);
  });

  it('of a scope is of all that is in it; of what one task in a scope reads, of that task', () => {
    expect(anew(wide, ['trials'], ['a', ...items, 'd'])).toEqual([...items, 'd']);
    expect(anew(wide, ['a'], items)).toEqual(items.filter((path) => path.endsWith('e')));
  });

  it('runs whole what stands under a condition that depends on it', () => {
    const pipeline = definePipeline({ name: 'gate' }, () => {
      const tested = a({});
      const read = e({});
      const given = when(eq(tested.value, 0), {
        do: () => b({ on: read.value }, { name: 'inner' }),
        otherwise: () => c({}, { name: 'other' }),
      });
      d({ on: given.value });
    });
    const asked = ['a', 'e', 'when/do/inner', 'when/otherwise/other', 'd'];
    expect(anew(pipeline, ['a'], asked)).toEqual(['a', 'when/do/inner', 'when/otherwise/other', 'd']);
    expect(anew(pipeline, ['e'], asked)).toEqual(['e', 'when/do/inner', 'd']);
  });

  it('is found for the last of thousands of rounds', () => {
    const pipeline = definePipeline({ name: 'rounds' }, () => {
      loop({ value: 0 }, { name: 'rounds', max: 10_000, until: (now) => gte(now.value, 5) }, (now) =>
        b({ on: now.value }),
      );
    });
    expect(anew(pipeline, ['rounds#1/b'], ['rounds#0/b', 'rounds#9999/b'])).toEqual(['rounds#9999/b']);
    expect(anew(pipeline, ['rounds#9998/b'], ['rounds#9997/b', 'rounds#9999/b'])).toEqual(['rounds#9999/b']);
  });

  it('of a round of a loop is of all later ones', () => {
    const pipeline = definePipeline({ name: 'rounds' }, () => {
      const end = loop({ value: 0 }, { name: 'rounds', max: 9, until: (now) => gte(now.value, 5) }, (now) => {
        e({});
        return b({ on: now.value });
      });
      d({ on: end.value });
    });
    const asked = [0, 1, 2].flatMap((round) => [`rounds#${round}/e`, `rounds#${round}/b`]);
    const later = ['rounds#1/b', 'rounds#2/e', 'rounds#2/b', 'd'];
    expect(anew(pipeline, ['rounds#1/b'], [...asked, 'd'])).toEqual(later);
  });

  it('goes into pipelines called as steps, and out of them', () => {
    const called = definePipeline({ name: 'called', params: z.object({ on: z.number() }) }, ({ params }) => {
      const { value } = a({ on: params.on });
      e({});
      return { value };
    });
    const pipeline = definePipeline({ name: 'calling' }, () => {
      const first = called({ on: 1 }, { name: 'first' });
      const second = called({ on: first.value }, { name: 'second' });
      d({ on: second.value });
    });
    const asked = ['first/a', 'first/e', 'second/a', 'second/e', 'd'];
    expect(anew(pipeline, ['first/e'], asked)).toEqual(['first/e', 'second/a', 'second/e', 'd']);
    expect(anew(pipeline, ['second/a'], asked)).toEqual(['second/a', 'd']);
  });

  it('runs anew what cleans up after it, and the exit handler', () => {
    const pipeline = definePipeline({ name: 'ending', onExit: () => c({}) }, () => {
      a({});
      finallyDo(() => b({}));
    });
    expect(anew(pipeline, ['a'], ['a', 'finally/b', 'onExit/c'])).toEqual(['a', 'finally/b', 'onExit/c']);
    expect(anew(pipeline, ['finally/b'], ['a', 'finally/b', 'onExit/c'])).toEqual(['finally/b', 'onExit/c']);
    expect(anew(pipeline, ['onExit/c'], ['a', 'finally/b', 'onExit/c'])).toEqual(['onExit/c']);
  });

  it('says on whose account', () => {
    expect(rerunCauses(compile(wide).ir, ['trials[1]/c'])('d')).toBe('trials[1]/c');
  });

  it('tells of ten thousand items without remembering each', () => {
    const causeOf = rerunCauses(compile(wide).ir, ['trials[5]/b']);
    const found = Array.from({ length: 10_000 }, (_, index) => causeOf(`trials[${index}]/c`));
    expect(found.flatMap((cause, index) => (cause === null ? [] : [index]))).toEqual([5]);
  });
});
