import { describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { rowRules } from './row-schema.ts';

const row = (v: JsonObject, rest: JsonObject = {}) => rowRules({ type: 'object', properties: { v }, ...rest });

describe('rowRules', () => {
  it.each<[JsonObject, object]>([
    [
      { type: 'integer', minimum: 1 },
      { type: 'integer', nullable: false, checks: [{ kind: 'minimum', bound: 1 }] },
    ],
    [
      { anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] },
      { type: 'text', nullable: true, checks: [{ kind: 'minLength', length: 1 }] },
    ],
    [{ type: ['number', 'null'] }, { type: 'number', nullable: true }],
    [
      { type: 'number', enum: [1, 2] },
      { type: 'number', checks: [{ kind: 'oneOf', values: [1, 2] }] },
    ],
    [{ enum: ['a', null] }, { type: 'text', nullable: true, checks: [{ kind: 'oneOf', values: ['a'] }] }],
    [{ const: true }, { type: 'boolean', nullable: false, checks: [{ kind: 'oneOf', values: [true] }] }],
    [
      { type: 'string', allOf: [{ pattern: 'a' }, { pattern: 'b' }], format: 'x' },
      {
        checks: [
          { kind: 'pattern', pattern: 'a' },
          { kind: 'pattern', pattern: 'b' },
        ],
      },
    ],
    // As text it would have a pattern; the column's type says more.
    [
      { type: 'string', format: 'date-time', pattern: '^\\d' },
      { type: 'time', checks: [] },
    ],
    [
      { type: 'number', unit: 'miles', title: 'Distance' },
      { type: 'number', checks: [] },
    ],
    [{}, { type: 'any', nullable: true }],
  ])('reads %j', (v, rule) => {
    const { columns, strict } = row(v, { required: ['v'] });
    expect(columns).toEqual([expect.objectContaining({ name: 'v', required: true, ...rule })]);
    expect(strict).toBe(false);
  });

  it('has a column that may be missing lack values, and no other where the schema is strict', () => {
    const { columns, strict } = row({ type: 'string' }, { additionalProperties: false });
    expect(columns).toEqual([{ name: 'v', type: 'text', required: false, nullable: true, checks: [] }]);
    expect(strict).toBe(true);
  });

  it.each<[JsonObject, string]>([
    [{ type: 'array', items: { type: 'string' } }, "Column 'v' is array"],
    [{ type: 'object', properties: {} }, "Column 'v' is object"],
    [{ type: ['string', 'number'] }, "Column 'v' is string or number"],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, "Column 'v' is one of several schemas"],
    [{ type: 'null' }, "Column 'v' never holds a value"],
    [{ type: 'string', format: 'uri' }, "Column 'v' has the format 'uri'"],
    [{ type: 'number', multipleOf: 5 }, "Column 'v' has a `multipleOf`"],
    [{ type: 'number', default: 5 }, "Column 'v' has a `default` in the schema. An import fills nothing in"],
    [{ $ref: '#/$defs/other' }, "Column 'v' has a `$ref`"],
  ])('refuses %j', (v, message) => {
    expect(() => row(v)).toThrow(message);
  });

  it('refuses what is of the whole row', () => {
    expect(() => row({}, { allOf: [{}] })).toThrow('The rows have a `allOf`');
    expect(() => row({}, { additionalProperties: { type: 'string' } })).toThrow('for columns that they do not name');
  });
});
