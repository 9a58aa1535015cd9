import type { Comparison, Condition as ConditionIr } from '../ir/condition.ts';
import type { JsonValue } from '../ir/json.ts';
import type { CompileError } from './compile-error.ts';
import { type Condition, isCondition, makeCondition, takeCondition } from './condition.ts';
import { badValue, lower } from './lower.ts';
import { isRef, type Origin, REF, type RefCore } from './ref.ts';
import type { TypeRefusal } from './type-refusal.ts';
import type { Operand } from './wired.ts';

/**
 * What `when` and `until` test: a condition, or a boolean that a task gave. No plain boolean: it is what `!` and `===`
 * make of a condition or a reference, at once and of no use.
 */
export type Test = Condition | RefCore<boolean>;

/** Two types of which no value is of both are never equal: the comparison is a mistake. */
type Comparable<L, R> = [L & R] extends [never]
  ? TypeRefusal<'These two can never be equal: compare values of one type, and test for null with isNull.'>
  : unknown;

/** Whether two values are equal, compared as JSON. */
export function eq<L extends JsonValue, R extends JsonValue>(
  left: Operand<L>,
  right: Operand<R> & Comparable<L, R>,
): Condition {
  return compare('eq', left, right);
}

/** Whether two values differ, compared as JSON. */
export function ne<L extends JsonValue, R extends JsonValue>(
  left: Operand<L>,
  right: Operand<R> & Comparable<L, R>,
): Condition {
  return compare('ne', left, right);
}

/** Less than. Numbers by value, texts by UTF-16 code units; as for `lte`, `gt`, `gte`. */
export function lt<T extends number | string>(left: Operand<T>, right: Operand<SameOrder<T>>): Condition {
  return compare('lt', left, right);
}

export function lte<T extends number | string>(left: Operand<T>, right: Operand<SameOrder<T>>): Condition {
  return compare('lte', left, right);
}

export function gt<T extends number | string>(left: Operand<T>, right: Operand<SameOrder<T>>): Condition {
  return compare('gt', left, right);
}

export function gte<T extends number | string>(left: Operand<T>, right: Operand<SameOrder<T>>): Condition {
  return compare('gte', left, right);
}

/** An order is defined among numbers and among texts. */
type SameOrder<T> = T extends number ? number : string;

/** Whether all hold. All are tested, so that a page can show each. */
export function and(...tests: readonly [Test, ...Test[]]): Condition {
  return combine('and', tests);
}

/** Whether one at least holds. */
export function or(...tests: readonly [Test, ...Test[]]): Condition {
  return combine('or', tests);
}

export function not(test: Test): Condition {
  const { tree, origins } = conditionOf(test);
  return makeCondition({ kind: 'not', operand: tree }, origins);
}

/** Whether a list holds a value, or a text a part. */
export function includes(collection: Operand<string>, part: Operand<string>): Condition;
export function includes<T extends JsonValue>(collection: Operand<readonly T[]>, value: Operand<NoInfer<T>>): Condition;
export function includes(collection: unknown, value: unknown): Condition {
  const list = lower(collection, 'the first operand of includes');
  const wanted = lower(value, 'the second operand of includes');
  return makeCondition({ kind: 'includes', collection: list.binding, value: wanted.binding }, [
    ...list.origins,
    ...wanted.origins,
  ]);
}

/** Whether a value is null or absent. */
export function isNull(value: RefCore<unknown>): Condition {
  const { binding, origins } = lower(value, 'the operand of isNull');
  return makeCondition({ kind: 'isNull', value: binding }, origins);
}

/** The tree of a test, a boolean value being the test whether it is true. */
export function conditionOf(test: Test): { readonly tree: ConditionIr; readonly origins: readonly Origin[] } {
  if (isCondition(test)) return takeCondition(test);
  if (!isRef(test)) throw plainTest(test);
  const { binding, origins } = test[REF];
  return { tree: { kind: 'isTrue', value: binding }, origins };
}

/** For pipelines that no compiler has checked. */
function plainTest(test: unknown): CompileError {
  return badValue(
    `a condition is ${typeof test === 'boolean' ? `the plain value ${test}` : `of type ${typeof test}`}, known before the run`,
    "Compare with eq, gte and the like and negate with not(a): ===, >= and ! are JavaScript's. For what the file knows " +
      'itself use if.',
  );
}

function compare(op: Comparison, left: unknown, right: unknown): Condition {
  const first = lower(left, `the left operand of ${op}`);
  const second = lower(right, `the right operand of ${op}`);
  return makeCondition({ kind: 'compare', op, left: first.binding, right: second.binding }, [
    ...first.origins,
    ...second.origins,
  ]);
}

function combine(kind: 'and' | 'or', tests: readonly Test[]): Condition {
  const parts = tests.map(conditionOf);
  const operands = parts.map(({ tree }) => tree);
  return makeCondition(
    { kind, operands },
    parts.flatMap(({ origins }) => origins),
  );
}
