import { describe, expect, it } from 'vitest';
import type { Condition } from './condition.ts';
import { conditionText } from './condition-text.ts';
import { readCondition } from './read-condition.ts';

describe('a condition out of text', () => {
  it.each([
    'eq(event.status, "failed")',
    'and(gte(event.value, 0.25), or(lt(event.limit, -1), not(isNull(event.partition))))',
    'includes(event.roles, "owner")',
    'event.body.rows.0.changed',
    'ne(event.body, null)',
  ])('is read to the tree of which it is the text: %s', (text) => {
    expect(conditionText(readCondition(text, 'event'), 'event')).toBe(text);
  });

  it('takes white space, single quotes, and indices', () => {
    const read = readCondition(" eq( event.a.0 ,\n 'it is' ) ", 'event');
    const wanted: Condition = {
      ...{ kind: 'compare', op: 'eq', left: { kind: 'param', path: ['a', 0] } },
      right: { kind: 'literal', value: 'it is' },
    };
    expect(read).toEqual(wanted);
  });

  it.each([
    ['', /^has its end where a condition/],
    ['eq(event.a)', /^has '\)' where a comma and another value is due/],
    ['eq(event.a, 1, 2)', /^has ', 2\)' where '\)' is due/],
    ['eq(event.a, 1) or true', /^has 'or true' where the end is due/],
    ['process.exit()', /^has 'process.exit\(\)' where a condition/],
    ['eq(params.a, 1)', /^has 'params.a, 1\)' where a value: event.FIELD/],
    ['eq(event.a, [1])', /^has '\[1\]\)' where a value/],
    ['gte(event.a, 1', /^has its end where '\)' is due/],
    ['eq event.a', /^has 'event.a' where '\(' is due/],
    ['true', /where a condition/],
    [`${'not('.repeat(60)}event.a${')'.repeat(60)}`, /^has more than 50 conditions/],
  ])('is refused as %j', (text, said) => {
    expect(() => readCondition(text, 'event')).toThrow(said);
  });
});
