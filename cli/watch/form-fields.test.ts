import { expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '../../ir/json.ts';
import { formFields } from './form-fields.ts';

const described = (shape: z.ZodRawShape) => formFields(z.toJSONSchema(z.object(shape)) as JsonSchema);

it.each([
  ['text', z.string(), 'text', '…'],
  ['text of a length', z.string().min(1).max(200), 'text, 1 to 200 characters', '…'],
  ['a whole number', z.int(), 'a whole number', '…'],
  ['a number within bounds', z.number().min(0).max(1), 'a number, 0 to 1', '0..1'],
  ['a number above one', z.number().positive(), 'a number, above 0', '…'],
  ['yes or no', z.boolean(), 'true or false', 'true|false'],
  ['a choice', z.enum(['low', 'middle', 'high']), 'low, middle or high', 'low|middle|high'],
  ['a list', z.array(z.int().min(1)), 'a list of a whole number, at least 1', '…'],
  ['what may be null', z.string().nullable(), 'text or null', '…'],
  ['what it is for', z.string().describe('Why now?'), 'text. Why now?', '…'],
])('a field of a form is told with its type and bounds: %s', (_, schema, text, placeholder) => {
  expect(described({ field: schema })).toEqual([
    { name: 'field', text: `field: ${text}`, placeholder, isRequired: true },
  ]);
});

it('a field that may be left out is told as such', () => {
  expect(described({ note: z.string().optional(), stars: z.int().default(3) })).toMatchObject([
    { text: 'note: text (optional)', isRequired: false },
    { text: 'stars: a whole number (3 unless given)', isRequired: false },
  ]);
});
