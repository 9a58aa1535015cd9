import { describe, expect, it } from 'vitest';
import type { Binding } from './binding.ts';
import type { Condition } from './condition.ts';
import { bindingsOf, nodesReadBy, registeredIn } from './references.ts';

const output = (node: string): Binding => ({ kind: 'output', node, path: [] });
const compare = (left: Binding, right: Binding): Condition => ({ kind: 'compare', op: 'eq', left, right });
const one: Binding = { kind: 'literal', value: 1 };

describe('nodesReadBy', () => {
  it('finds outputs in every kind of binding', () => {
    const tree: Binding = {
      kind: 'object',
      fields: {
        a: { kind: 'array', items: [output('a'), one] },
        b: { kind: 'format', strings: ['', ''], values: [output('b/do/c')] },
        c: { kind: 'aggregate', op: 'count', of: output('c'), path: [] },
        d: { kind: 'param', path: [] },
      },
    };
    expect(nodesReadBy(tree)).toEqual(['a', 'b/do/c', 'c']);
  });
});

describe('bindingsOf', () => {
  it('finds what every kind of condition tests', () => {
    const condition: Condition = {
      kind: 'and',
      operands: [
        compare(output('a'), one),
        { kind: 'or', operands: [{ kind: 'not', operand: { kind: 'isNull', value: output('b') } }] },
        { kind: 'includes', collection: output('c'), value: output('d') },
        { kind: 'isTrue', value: output('e') },
      ],
    };
    expect(bindingsOf(condition).flatMap(nodesReadBy)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('registeredIn', () => {
  it('finds registered models, and passes over literals that look like one', () => {
    const binding: Binding = { kind: 'registered', model: 'm', selector: 'champion', optional: false };
    const lookalike = { kind: 'literal', value: { ...binding, model: 'x' } };
    expect([...registeredIn({ nodes: [{ inputs: { model: binding, other: lookalike } }, binding, null] })]).toEqual([
      ['m@champion', binding],
    ]);
  });
});
