import { z } from 'zod';
import { defineStep } from '../define-step.ts';

/* Steps that are pure functions of their input, so that any driver must give what plain calls give. */

const maybeNumber = z.number().nullish();

type Numeric = number | null | undefined;

/** Keeps values small, and never makes -0, which JSON does not have. */
function wrap(value: number): number {
  return Math.abs(value % 1_000);
}

/** By step name; `input` is as the task was given it, with no defaults filled in. */
export const handlers = {
  add: (input: { a?: Numeric; b?: Numeric }) => ({ value: wrap((input.a ?? 0) + (input.b ?? 0)) }),
  concat: (input: { parts: readonly string[] }) => ({
    text: input.parts.join('|'),
    length: input.parts.join('').length,
  }),
  list: (input: { count?: Numeric }) => ({
    items: Array.from({ length: wrap(input.count ?? 0) % 4 }, (_, i) => 3 * i),
  }),
  isEven: (input: { value?: Numeric }) => ({ even: (input.value ?? 0) % 2 === 0 }),
  total: (input: { results: readonly ({ value: number; even: boolean } | null)[] }) => ({
    value: wrap(input.results.reduce((sum, result) => sum + (result?.value ?? 7), 0)),
  }),
  maybeFail: (input: { value?: Numeric }) => {
    const value = input.value ?? 0;
    if (value % 5 === 4) throw new Error(`maybeFail does not like ${value}`);
    return { value };
  },
};

export const add = defineStep({
  name: 'add',
  input: z.object({ a: maybeNumber, b: maybeNumber }),
  output: z.object({ value: z.number() }),
  cost: 'light',
}).implement(({ input }) => handlers.add(input));

export const concat = defineStep({
  name: 'concat',
  input: z.object({ parts: z.array(z.string()) }),
  output: z.object({ text: z.string(), length: z.int() }),
}).implement(({ input }) => handlers.concat(input));

export const list = defineStep({
  name: 'list',
  input: z.object({ count: maybeNumber }),
  output: z.object({ items: z.array(z.number()) }),
}).implement(({ input }) => handlers.list(input));

export const isEven = defineStep({
  name: 'isEven',
  input: z.object({ value: maybeNumber }),
  output: z.object({ even: z.boolean() }),
}).implement(({ input }) => handlers.isEven(input));

export const total = defineStep({
  name: 'total',
  input: z.object({ results: z.array(z.object({ value: z.number(), even: z.boolean() }).nullable()) }),
  output: z.object({ value: z.number() }),
}).implement(({ input }) => handlers.total(input));

export const maybeFail = defineStep({
  name: 'maybeFail',
  input: z.object({ value: maybeNumber }),
  output: z.object({ value: z.number() }),
  retry: { attempts: 1 },
}).implement(({ input }) => handlers.maybeFail(input));
