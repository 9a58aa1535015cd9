import { z } from 'zod';
import { all, any, count, max, min } from '../aggregates.ts';
import { approval } from '../approval.ts';
import { definePipeline } from '../define-pipeline.ts';
import { fanOut } from '../fan-out.ts';
import { finallyDo } from '../finally-do.ts';
import { format } from '../format.ts';
import { loop } from '../loop.ts';
import type { Pipeline } from '../pipeline.ts';
import { and, type Test as Condition, eq, gte, lt, ne, not, or } from '../predicates.ts';
import { isRef, type Ref } from '../ref.ts';
import { sleep } from '../sleep.ts';
import { when } from '../when.ts';
import type { Body, Operand, Recipe, Statement, Test } from './recipe.ts';
import { add, concat, isEven, list, maybeFail, total } from './tiny-steps.ts';

const params = z.object({ start: z.number() });
type Numeric = number | Ref<number>;
type Call = (value: Numeric, name: string) => Ref<number>;
type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** Numbers that a body may refer to, oldest first. */
type Known = readonly Numeric[];
interface Place {
  readonly known: Known;
  /** Tells the nodes of one scope apart. */
  readonly name: string;
  readonly call: Call;
}

/** The pipeline of a recipe. Its output is `{ values }`: what the statements of its body gave. */
export function pipelineOf(recipe: Recipe): Pipeline<typeof params, { values: readonly Numeric[] }> {
  const called = definePipeline({ name: 'called', params }, (context) => ({
    last: last(runBody(recipe.called, [context.params.start], () => 0)),
  }));
  const call = (value: Numeric, name: string) =>
    add({ a: called({ start: value }, { name }).last }, { name: `${name}n` }).value;
  const { exit } = recipe;
  return definePipeline(
    {
      name: 'recipe',
      params,
      ...(exit ? { onExit: (context) => maybeFail({ value: read(exit, [context.params.start]) }) } : {}),
    },
    (context) => ({ values: runBody(recipe.body, [context.params.start], call as Call) }),
  );
}

function last(values: Known): Numeric {
  return values.at(-1) ?? 0;
}

function read(operand: Operand, known: Known): Numeric {
  return 'literal' in operand ? operand.literal : (known[operand.value % known.length] ?? 0);
}

/** Records the statements, and gives what each gave. */
function runBody(body: Body, outer: Known, call: unknown): readonly Numeric[] {
  const values: Numeric[] = [];
  for (const [index, statement] of body.entries()) {
    values.push(record(statement, { known: [...outer, ...values], name: `s${index}`, call: call as Call }));
  }
  return values;
}

function record(statement: Statement, place: Place): Ref<number> {
  const { known, name } = place;
  switch (statement.kind) {
    case 'add':
      return recordAdd(statement, place);
    case 'concat': {
      const [left, right] = [read(statement.left, known), read(statement.right, known)];
      return concat({ parts: [format`${left}-${right}`, 'end'] }, { name }).length;
    }
    case 'maybeFail':
      return maybeFail({ value: read(statement.operand, known) }, { name }).value;
    case 'when':
      return recordWhen(statement, place);
    case 'fanOut':
      return recordFanOut(statement, place);
    case 'loop':
      return recordLoop(statement, place);
    case 'approval':
      return recordApproval(statement, place);
    case 'sleep':
      return add({ a: 1 }, { name: `${name}n`, after: sleep(1, { name }) }).value;
    case 'call':
      return place.call(read(statement.operand, known), name);
    case 'finally':
      return number(
        finallyDo(() => last(runBody(statement.body, known, place.call)), { name }),
        name,
      );
  }
}

/** What may be null as a number. */
function number(value: Ref<number | null>, name: string): Ref<number> {
  return add({ a: value }, { name: `${name}n` }).value;
}

function recordAdd({ a, b, after }: Of<'add'>, { known, name }: Place): Ref<number> {
  const first = after === null ? undefined : known[1 + (after % known.length)];
  const waits = isRef(first) && isTask(first) ? { after: first } : {};
  return add({ a: read(a, known), b: read(b, known) }, { name, ...waits }).value;
}

/** Items and carried values are no tasks that one could wait for. */
function isTask(ref: object): boolean {
  const state = (ref as Record<symbol, { binding: { kind: string } }>)[Symbol.for('millrace.ref')];
  return state?.binding.kind === 'output';
}

function recordWhen(statement: Of<'when'>, { known, name, call }: Place): Ref<number> {
  const { elseWhen, otherwise } = statement;
  const branch = (body: Body) => () => last(runBody(body, known, call));
  const given = when(condition(statement.test, known, `${name}t`), {
    name,
    do: branch(statement.do),
    ...(elseWhen
      ? { elseWhen: [{ condition: condition(elseWhen.test, known, `${name}e`), do: branch(elseWhen.body) }] }
      : {}),
    ...(otherwise ? { otherwise: branch(otherwise) } : {}),
  });
  return number(given, name);
}

function condition(test: Test, known: Known, name: string): Condition {
  switch (test.kind) {
    case 'compare': {
      const compare = { eq: eq<number, number>, ne: ne<number, number>, lt: lt<number>, gte: gte<number> }[test.op];
      return compare(read(test.left, known), read(test.right, known));
    }
    case 'and':
      return and(condition(test.tests[0], known, `${name}0`), condition(test.tests[1], known, `${name}1`));
    case 'or':
      return or(condition(test.tests[0], known, `${name}0`), condition(test.tests[1], known, `${name}1`));
    case 'not':
      return not(condition(test.test, known, `${name}n`));
    case 'even':
      return isEven({ value: read(test.operand, known) }, { name }).even;
  }
}

function recordFanOut(statement: Of<'fanOut'>, { known, name, call }: Place): Ref<number> {
  const { items, concurrency, minSuccess, reduce } = statement;
  const options = { name, minSuccess, ...(concurrency === null ? {} : { concurrency }) };
  const source: Ref<number[]> | Numeric[] =
    'count' in items
      ? list({ count: read(items.count, known) }, { name: `${name}l` }).items
      : items.map((item) => read(item, known));
  const results = fanOut(source as readonly Numeric[], options, (item, index) => {
    const value = add({ a: last(runBody(statement.body, [...known, item, index], call)) }, { name: 'item' }).value;
    return { value, even: isEven({ value }, { name: 'even' }).even };
  });
  switch (reduce) {
    case 'total':
      return total({ results }, { name: `${name}n` }).value;
    case 'count':
      return number(count(results), name);
    case 'min':
      return number(
        min(results, (result) => result.value),
        name,
      );
    case 'max':
      return number(
        max(results, (result) => result.value),
        name,
      );
    default: {
      const test = { all, any }[reduce](results, (result) => result.even);
      return number(when(test, { name: `${name}w`, do: () => 1, otherwise: () => 2 }), name);
    }
  }
}

function recordLoop({ initial, limit, max: most, body }: Of<'loop'>, { known, name, call }: Place): Ref<number> {
  const options = { name, max: most, until: (value: Ref<{ n: number }>) => gte(value.n, limit) };
  const given = loop({ n: read(initial, known) }, options, (carried, iteration) => {
    const value = last(runBody(body, [...known, carried.n, iteration], call));
    return { n: add({ a: value, b: carried.n }, { name: 'next' }).value };
  });
  return number(given.n, name);
}

function recordApproval({ onTimeout }: Of<'approval'>, { name }: Place): Ref<number> {
  const decision = approval({
    name,
    form: z.object({ reason: z.string() }),
    timeout: '1ms',
    onTimeout: onTimeout === 'approve' ? { approve: { reason: 'late' } } : onTimeout,
  });
  return number(when(decision.approved, { name: `${name}w`, do: () => 1, otherwise: () => 2 }), name);
}
