import { describe, expect, it } from 'vitest';
import type { Binding } from './binding.ts';
import { type BindingSource, evaluateBinding, evaluateFields } from './evaluate-binding.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** The values that the bindings of these tests find, each told from the others. */
const SOURCE: BindingSource = {
  param: () => ({ rate: 0.1, names: ['a', 'b'] }),
  output: (address) => ({ made: { by: address }, gone: undefined })[address],
  item: (fanOut, field) => (field === 'index' ? 3 : { of: fanOut }),
  carried: (loop, field) => (field === 'iteration' ? 2 : { of: loop }),
  run: (field) => `the run's ${field}`,
  registered: (model, selector) => (model === 'absent' ? undefined : `${model}@${selector}`),
};

const literal = (value: JsonValue): Binding => ({ kind: 'literal', value });
const evaluate = (binding: Binding) => evaluateBinding(binding, SOURCE);
const aggregate = (op: 'count' | 'min' | 'max' | 'all' | 'any', list: JsonValue, ...path: string[]) =>
  evaluate({ kind: 'aggregate', op, of: literal(list), path });

describe('evaluateBinding', () => {
  it.each<[Binding, JsonValue | undefined]>([
    [literal({ any: ['JSON'] }), { any: ['JSON'] }],
    [
      { kind: 'param', path: [] },
      { rate: 0.1, names: ['a', 'b'] },
    ],
    [{ kind: 'param', path: ['names', 1] }, 'b'],
    [{ kind: 'output', node: 'made', path: ['by'] }, 'made'],
    [{ kind: 'output', node: 'gone', path: [] }, undefined],
    [{ kind: 'item', fanOut: 'trials', field: 'item', path: ['of'] }, 'trials'],
    [{ kind: 'item', fanOut: 'trials', field: 'index', path: [] }, 3],
    [{ kind: 'carried', loop: 'tune', field: 'value', path: ['of'] }, 'tune'],
    [{ kind: 'carried', loop: 'tune', field: 'iteration', path: [] }, 2],
    [{ kind: 'run', field: 'logicalTime' }, "the run's logicalTime"],
    [{ kind: 'registered', model: 'flights', selector: 'champion', optional: false }, 'flights@champion'],
    [{ kind: 'registered', model: 'absent', selector: 'champion', optional: true }, undefined],
  ])('finds %j', (binding, value) => {
    expect(evaluate(binding)).toEqual(value);
  });

  it.each([
    ['a field that is not there', ['gone']],
    ['a field that every object inherits', ['toString']],
    ['an index beyond the end', ['names', 2]],
    ['a field of a list', ['names', 'length']],
    ['a part of a number', ['rate', 'a']],
  ])('gives nothing for %s', (_, path) => {
    expect(evaluate({ kind: 'param', path })).toBeUndefined();
  });

  it('leaves out of an object what has no value, and makes it null in a list', () => {
    const gone: Binding = { kind: 'output', node: 'gone', path: [] };
    const fields = { gone, kept: literal(null) };
    expect(evaluateFields(fields, SOURCE)).toStrictEqual({ kept: null });
    expect(evaluate({ kind: 'object', fields })).toStrictEqual({ kept: null });
    expect(evaluate({ kind: 'array', items: [gone, literal(1)] })).toEqual([null, 1]);
  });

  it('writes text as it is and all else as JSON', () => {
    const values: Binding[] = [
      literal('text'),
      literal({ a: [1] }),
      literal(null),
      { kind: 'output', node: 'gone', path: [] },
    ];
    expect(evaluate({ kind: 'format', strings: ['<', '|', '|', '|', '>'], values })).toBe('<text|{"a":[1]}|null|null>');
  });
});

describe('an aggregate', () => {
  const scored: readonly JsonObject[] = [{ auc: 0.7 }, { auc: 0.9 }, { other: 1 }, { auc: 0.8 }];

  it('passes over failed items and those without the part', () => {
    expect(aggregate('count', [...scored, null], 'auc')).toBe(3);
    expect(aggregate('min', [...scored, null], 'auc')).toBe(0.7);
    expect(aggregate('max', [...scored, null], 'auc')).toBe(0.9);
  });

  it('orders texts too', () => {
    expect(aggregate('min', ['b', 'a', 'c'])).toBe('a');
    expect(aggregate('max', ['b', 'a', 'c'])).toBe('c');
  });

  it('asks whether all or any are true, and takes nothing else for true', () => {
    expect(aggregate('all', [true, true])).toBe(true);
    expect(aggregate('all', [true, true, null])).toBe(false);
    expect(aggregate('all', [true, 1])).toBe(false);
    expect(aggregate('any', [false, true])).toBe(true);
    expect(aggregate('any', [false, 1, 'true'])).toBe(false);
  });

  it('has an answer for an empty list and for what is none', () => {
    expect(['count', 'min', 'max', 'all', 'any'].map((op) => aggregate(op as 'count', []))).toEqual([
      0,
      null,
      null,
      true,
      false,
    ]);
    expect(aggregate('count', { length: 4 })).toBe(0);
  });
});
