import { expect, it } from 'vitest';
import { withDefaults } from './with-defaults.ts';

it('fills in what was left out and has a default, null and false among them', () => {
  const properties = { a: { default: 1 }, b: { default: null }, c: { default: false }, d: { type: 'string' }, e: true };
  expect(withDefaults({ properties }, {})).toEqual({ a: 1, b: null, c: false });
  expect(withDefaults({ properties }, { a: 2, b: 3, d: 'x', more: 4 })).toEqual({
    a: 2,
    b: 3,
    c: false,
    d: 'x',
    more: 4,
  });
  expect(withDefaults({}, { a: 2 })).toEqual({ a: 2 });
});
