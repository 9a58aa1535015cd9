import { describe, expect, it } from 'vitest';
import type { Binding } from './binding.ts';
import type { Comparison, Condition } from './condition.ts';
import type { BindingSource } from './evaluate-binding.ts';
import { evaluateCondition } from './evaluate-condition.ts';
import type { JsonValue } from './json.ts';
import { TaskFailed } from './protocol/task-failure.ts';

const NOTHING: BindingSource = {
  param: () => null,
  output: () => undefined,
  item: () => undefined,
  carried: () => undefined,
  run: () => null,
  registered: () => undefined,
};

const literal = (value: JsonValue): Binding => ({ kind: 'literal', value });
const absent: Binding = { kind: 'output', node: 'absent', path: [] };
const evaluate = (condition: Condition) => evaluateCondition(condition, NOTHING);
const compare = (left: JsonValue, op: Comparison, right: JsonValue) =>
  evaluate({ kind: 'compare', op, left: literal(left), right: literal(right) });
const isTrue = (value: JsonValue): Condition => ({ kind: 'isTrue', value: literal(value) });

describe('evaluateCondition', () => {
  it.each<[JsonValue, Comparison, JsonValue, boolean]>([
    [1, 'lt', 2, true],
    [2, 'lt', 2, false],
    [2, 'lte', 2, true],
    [3, 'lte', 2, false],
    [2, 'gt', 2, false],
    [3, 'gt', 2, true],
    [2, 'gte', 2, true],
    [1, 'gte', 2, false],
    ['a', 'lt', 'b', true],
    ['a', 'gte', 'b', false],
    [{ a: 1, b: [2] }, 'eq', { b: [2], a: 1 }, true],
    [{ a: 1 }, 'ne', { a: 1 }, false],
    ['1', 'eq', 1, false],
    [null, 'ne', 0, true],
  ])('%j %s %j is %s', (left, op, right, holds) => {
    expect(compare(left, op, right)).toEqual({ holds, trace: { kind: 'compare', op, left, right, holds } });
  });

  it.each<[JsonValue, JsonValue]>([
    [null, 1],
    ['1', 2],
    [1, '2'],
    [true, false],
    [[1], [2]],
  ])('refuses to order %j and %j', (left, right) => {
    const refused = (op: Comparison) => {
      try {
        return compare(left, op, right);
      } catch (error) {
        return error;
      }
    };
    for (const op of ['lt', 'lte', 'gt', 'gte'] as const) {
      expect(refused(op)).toBeInstanceOf(TaskFailed);
      expect(refused(op)).toMatchObject({ failure: { kind: 'contract', retryable: false } });
      expect((refused(op) as TaskFailed).message).toContain(`${op}(${JSON.stringify(left)}, ${JSON.stringify(right)})`);
    }
  });

  it.each<[Binding, string]>([
    [
      { kind: 'output', node: 'gate/do/evaluate', path: ['auc'] },
      'evaluate.auc is null, and gte(evaluate.auc, 0.7) needs two numbers or two texts. Test isNull(evaluate.auc) in a ' +
        "branch before this condition, or mend 'gate/do/evaluate' so that it gives a value there.",
    ],
    [
      { kind: 'aggregate', op: 'min', of: { kind: 'output', node: 'trials', path: [] }, path: ['loss'] },
      'min(trials.loss) is null, and gte(min(trials.loss), 0.7) needs two numbers or two texts. Test ' +
        'isNull(min(trials.loss)) in a branch before this condition, or see that its list has a value: min of none is null.',
    ],
    [
      { kind: 'param', path: ['atLeast'] },
      'params.atLeast is null, and gte(params.atLeast, 0.7) needs two numbers or two texts. Test ' +
        'isNull(params.atLeast) in a branch before this condition, or see that it has a value.',
    ],
  ])('names what is null, and what to do', (left, message) => {
    const condition: Condition = { kind: 'compare', op: 'gte', left, right: literal(0.7) };
    expect(() => evaluate(condition)).toThrow(message);
    const swapped: Condition = { ...condition, left: literal(0.7), right: left };
    expect(() => evaluate(swapped)).toThrow(message.split(' and gte')[0]);
  });

  it.each<[JsonValue, JsonValue, boolean]>([
    [[1, { a: 1 }], { a: 1 }, true],
    [['1'], 1, false],
    ['delayed', 'lay', true],
    ['delayed', 'on time', false],
    ['404', 4, false],
    [{ a: 1 }, 'a', false],
    [null, null, false],
  ])('whether %j includes %j: %s', (collection, value, holds) => {
    const condition: Condition = { kind: 'includes', collection: literal(collection), value: literal(value) };
    expect(evaluate(condition)).toEqual({ holds, trace: { kind: 'includes', collection, value, holds } });
  });

  it('is traced with as much of what it tested as people read', () => {
    const long = 'x'.repeat(1 << 20);
    const cut = `${'x'.repeat(1 << 10)}…`;
    const list = { kind: 'includes', collection: literal([long]), value: literal(long) } as const;
    expect(compare(long, 'eq', long)).toMatchObject({ holds: true, trace: { left: cut, right: cut } });
    expect(evaluate(list)).toMatchObject({ holds: true, trace: { collection: `["${cut.slice(2)}`, value: cut } });
    const model = { artifact: 'model', digest: 'sha256:1', uri: 'file:///m', size: 1, metadata: { long } } as const;
    const isSet = { kind: 'isNull', value: literal(model) } as const;
    expect(evaluate(isSet)).toMatchObject({ holds: false, trace: { value: { ...model, metadata: {} } } });
    expect(() => compare(long, 'lt', 1)).toThrow(`"${cut}" and 1 have no order`);
  });

  it('takes what has no value for null', () => {
    expect(evaluate({ kind: 'isNull', value: absent })).toMatchObject({ holds: true, trace: { value: null } });
    expect(evaluate({ kind: 'isNull', value: literal(0) })).toMatchObject({ holds: false, trace: { value: 0 } });
    expect(evaluate({ kind: 'isTrue', value: absent }).holds).toBe(false);
  });

  it('takes nothing but true for true', () => {
    expect([true, false, 1, 'true', null].map((value) => evaluate(isTrue(value)).holds)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('joins conditions, and shows each of them', () => {
    const operands = [isTrue(true), isTrue(false)];
    expect(evaluate({ kind: 'and', operands }).holds).toBe(false);
    expect(evaluate({ kind: 'or', operands })).toEqual({
      holds: true,
      trace: {
        kind: 'or',
        holds: true,
        operands: [
          { kind: 'isTrue', value: true, holds: true },
          { kind: 'isTrue', value: false, holds: false },
        ],
      },
    });
    expect(evaluate({ kind: 'and', operands: [] }).holds).toBe(true);
    expect(evaluate({ kind: 'or', operands: [] }).holds).toBe(false);
    expect(evaluate({ kind: 'not', operand: isTrue(false) })).toEqual({
      holds: true,
      trace: { kind: 'not', holds: true, operand: { kind: 'isTrue', value: false, holds: false } },
    });
  });
});
