import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schemaCheck } from './json-schema-check.ts';
import { parserOf } from './runnable-step.ts';

const rows = (count: number) => ({ rows: Array.from({ length: count }, () => ({ total: 'much' })) });
const schema = z.object({ rows: z.array(z.object({ total: z.number() })) });

describe.each([
  ['zod', parserOf(schema)],
  ['JSON Schema', schemaCheck(JSON.parse(JSON.stringify(z.toJSONSchema(schema))))],
])('a check by %s', (_, check) => {
  it('tells every place while they are few', () => {
    expect(() => check(rows(2))).toThrow(/rows.0.total.*; .*rows.1.total/);
    expect(() => check(rows(2))).not.toThrow(/more/);
  });

  it('tells the first places and counts the others, however many rows are wrong', () => {
    expect(() => check(rows(1_000))).toThrow(/rows.4.total.*; and 995 more$/);
    expect(() => check(rows(1_000))).not.toThrow(/rows.5.total/);
  });
});

it('a check by zod says what is wrong with the whole, and keeps what the schema’s author wrote', () => {
  expect(() => parserOf(schema)(undefined)).toThrow(/^it has to be an object, and is nothing$/);
  const positive = z.number().refine((rate) => rate > 0, 'Rates are above 0');
  expect(() => parserOf(positive)(0)).toThrow(/^Rates are above 0$/);
});
