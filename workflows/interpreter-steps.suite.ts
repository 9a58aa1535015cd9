import { z } from 'zod';
import { defineStep } from '../dsl/index.ts';
import type { TestHandler } from './interpreter-driver.suite.ts';

const number = z.object({ value: z.number() });
const add = defineStep({ name: 'add', input: z.object({ a: z.number(), b: z.number() }), output: number });
export const addStep = add.implement(async ({ input }) => ({ value: input.a + input.b }));
const fail = defineStep({
  name: 'fail',
  input: z.object({ on: z.number().default(0) }),
  output: number,
  retry: { attempts: 1 },
});
export const failStep = fail.implement(async () => ({ value: 0 }));
const flaky = defineStep({
  name: 'flaky',
  input: z.object({ until: z.number() }),
  output: number,
  retry: { attempts: 3, backoff: '1ms' },
});
export const flakyStep = flaky.implement(async () => ({ value: 0 }));
const note = defineStep({
  name: 'note',
  input: z.object({ text: z.string() }),
  output: z.object({ text: z.string() }),
});
export const noteStep = note.implement(async ({ input }) => input);
const tidy = defineStep({
  name: 'tidy',
  input: z.object({ value: z.number().nullable(), text: z.string().optional(), times: z.number().default(1) }),
  output: z.object({}),
});
export const tidyStep = tidy.implement(async () => ({}));
const list = defineStep({
  name: 'list',
  input: z.object({ length: z.number() }),
  output: z.object({ items: z.array(z.number()) }),
});
export const listStep = list.implement(async () => ({ items: [] }));

export const HANDLERS: Readonly<Record<string, TestHandler>> = {
  add: ({ a, b }) => ({ value: Number(a) + Number(b) }),
  fail: () => {
    throw new Error('as told');
  },
  flaky: ({ until }, { attempt }) => {
    if (attempt < Number(until)) throw new Error(`attempt ${attempt}`);
    return { value: attempt };
  },
  note: ({ text }) => ({ text }),
  tidy: () => ({}),
  list: ({ length }) => ({ items: Array.from({ length: Number(length) }, (_, index) => index) }),
};
