import type { Body, Operand, Recipe, Statement, Test } from './recipe.ts';
import { handlers } from './tiny-steps.ts';

/** What a run of a recipe's pipeline must end with. */
export type Expected =
  | { readonly status: 'succeeded'; readonly output: { readonly values: readonly number[] } }
  | { readonly status: 'failed' };

type Known = readonly number[];
type Call = (value: number) => number;
type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/**
 * Runs a recipe by plain calls. A failure anywhere in a scope fails the scope, so it is an exception here; only a
 * fan-out that allows for failures stops one.
 */
export function referenceOf(recipe: Recipe, start: number): Expected {
  const call: Call = (value) => sum(last(runBody(recipe.called, [value], () => 0)));
  try {
    const values = runBody(recipe.body, [start], call);
    if (recipe.exit) handlers.maybeFail({ value: read(recipe.exit, [start]) });
    return { status: 'succeeded', output: { values } };
  } catch {
    return { status: 'failed' };
  }
}

function last(values: Known): number {
  return values.at(-1) ?? 0;
}

function read(operand: Operand, known: Known): number {
  return 'literal' in operand ? operand.literal : (known[operand.value % known.length] ?? 0);
}

function sum(a: number | null, b = 0): number {
  return handlers.add({ a, b }).value;
}

function runBody(body: Body, outer: Known, call: Call): readonly number[] {
  const values: number[] = [];
  for (const statement of body) values.push(run(statement, [...outer, ...values], call));
  return values;
}

function run(statement: Statement, known: Known, call: Call): number {
  switch (statement.kind) {
    case 'add':
      return sum(read(statement.a, known), read(statement.b, known));
    case 'concat':
      return handlers.concat({ parts: [`${read(statement.left, known)}-${read(statement.right, known)}`, 'end'] })
        .length;
    case 'maybeFail':
      return handlers.maybeFail({ value: read(statement.operand, known) }).value;
    case 'when':
      return runWhen(statement, known, call);
    case 'fanOut':
      return runFanOut(statement, known, call);
    case 'loop':
      return runLoop(statement, known, call);
    case 'approval':
      if (statement.onTimeout === 'fail') throw new Error('Nobody decided.');
      return statement.onTimeout === 'approve' ? 1 : 2;
    case 'sleep':
      return 1;
    case 'call':
      return call(read(statement.operand, known));
    case 'finally':
      return sum(last(runBody(statement.body, known, call)));
  }
}

function runWhen({ test, do: body, elseWhen, otherwise }: Of<'when'>, known: Known, call: Call): number {
  const chosen = holds(test, known) ? body : elseWhen && holds(elseWhen.test, known) ? elseWhen.body : otherwise;
  return sum(chosen ? last(runBody(chosen, known, call)) : null);
}

function holds(test: Test, known: Known): boolean {
  switch (test.kind) {
    case 'compare': {
      const [left, right] = [read(test.left, known), read(test.right, known)];
      return { eq: left === right, ne: left !== right, lt: left < right, gte: left >= right }[test.op];
    }
    case 'and':
      return test.tests.every((part) => holds(part, known));
    case 'or':
      return test.tests.some((part) => holds(part, known));
    case 'not':
      return !holds(test.test, known);
    case 'even':
      return handlers.isEven({ value: read(test.operand, known) }).even;
  }
}

function runFanOut({ items, minSuccess, body, reduce }: Of<'fanOut'>, known: Known, call: Call): number {
  const list =
    'count' in items ? handlers.list({ count: read(items.count, known) }).items : items.map((i) => read(i, known));
  const results = list.map((item, index) => {
    try {
      const value = sum(last(runBody(body, [...known, item, index], call)));
      return { value, even: value % 2 === 0 };
    } catch {
      return null;
    }
  });
  const good = results.filter((result) => result !== null);
  if (good.length < minSuccess * results.length) throw new Error('Too many items failed.');
  const values = good.map(({ value }) => value);
  switch (reduce) {
    case 'total':
      return handlers.total({ results }).value;
    case 'count':
      return values.length;
    case 'min':
      return values.length === 0 ? 0 : Math.min(...values);
    case 'max':
      return values.length === 0 ? 0 : Math.max(...values);
    case 'all':
      return results.every((result) => result?.even === true) ? 1 : 2;
    case 'any':
      return good.some(({ even }) => even) ? 1 : 2;
  }
}

function runLoop({ initial, limit, max, body }: Of<'loop'>, known: Known, call: Call): number {
  let n = read(initial, known);
  for (let iteration = 0; iteration < max; iteration++) {
    n = sum(last(runBody(body, [...known, n, iteration], call)), n);
    if (n >= limit) return sum(n);
  }
  throw new Error('The loop never came to its end.');
}
