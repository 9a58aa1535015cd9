import { describe, expect, it } from 'vitest';
import { bindQuery, namesInQuery } from './partition-query.ts';

const values: Readonly<Record<string, string>> = { day: "2026-01-01' OR '' = '", shop: '$1' };
const bind = (query: string) => bindQuery(query, (name) => values[name] ?? '?');

describe('a query of a partition', () => {
  it('has parameters where values would stand, each of its own', () => {
    expect(bind('SELECT count(*) FROM t WHERE day = {day} AND shop = {shop} AND text = {day}')).toEqual({
      text: 'SELECT count(*) FROM t WHERE day = $1 AND shop = $2 AND text = $3',
      values: [values.day, values.shop, values.day],
    });
  });

  it('keeps the braces of its literals', () => {
    const query = "SELECT count(*) FROM t WHERE tags = '{a,b}' AND note <> 'it''s {x}' AND day = {day}";
    expect(namesInQuery(query)).toEqual(['day']);
    expect(bind(query)).toEqual({ text: query.replace('{day}', '$1'), values: [values.day] });
  });
});
