import { describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { readTrigger } from './read-trigger.ts';

const PIPELINE = { name: 'import-crm', partitions: null };
const number = { type: 'number' };
const body: JsonObject = {
  type: 'object',
  properties: { limit: number, of: { type: 'object', properties: { day: number } } },
};
const read = (schema: JsonObject | null, ...path: string[]) =>
  readTrigger(
    { on: { kind: 'webhook', body: schema }, where: null, bind: { limit: ['body', ...path] }, partition: null },
    PIPELINE,
    0,
  ).bind;

describe('a parameter that a webhook gives', () => {
  it('is a part of the body that its schema has', () => {
    expect(read(body, 'of', 'day')).toEqual({ limit: ['body', 'of', 'day'] });
    expect(() => read(body, 'limt')).toThrow(
      'names event.body.limt, which the body does not have; did you mean limit? (in its parameter limit)',
    );
    expect(() => read(body, 'of', 'month')).toThrow(
      'names event.body.of.month, which the body does not have; it has day',
    );
  });

  it('may be any part where nothing is said of the body, or others are let in', () => {
    expect(read(null, 'limt')).toEqual({ limit: ['body', 'limt'] });
    expect(read({ ...body, additionalProperties: {} }, 'limt')).toEqual({ limit: ['body', 'limt'] });
  });
});
