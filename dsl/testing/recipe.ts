import fc from 'fast-check';

/**
 * A random pipeline as data: `pipelineOf` makes it with the DSL, `referenceOf` says what a run must give. Every
 * statement gives a number, and statements refer to numbers before them by index, counted round.
 */
export interface Recipe {
  readonly body: Body;
  /** The body of a pipeline that the other calls. */
  readonly called: Body;
  readonly exit: Operand | null;
}

export type Body = readonly Statement[];

export type Operand = { readonly literal: number } | { readonly value: number };

export type Test =
  | {
      readonly kind: 'compare';
      readonly op: 'eq' | 'ne' | 'lt' | 'gte';
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'and' | 'or'; readonly tests: readonly [Test, Test] }
  | { readonly kind: 'not'; readonly test: Test }
  | { readonly kind: 'even'; readonly operand: Operand };

export type Statement =
  | { readonly kind: 'add'; readonly a: Operand; readonly b: Operand; readonly after: number | null }
  | { readonly kind: 'concat'; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'maybeFail'; readonly operand: Operand }
  | {
      readonly kind: 'when';
      readonly test: Test;
      readonly do: Body;
      readonly elseWhen: { readonly test: Test; readonly body: Body } | null;
      readonly otherwise: Body | null;
    }
  | {
      readonly kind: 'fanOut';
      readonly items: readonly Operand[] | { readonly count: Operand };
      readonly concurrency: number | null;
      readonly minSuccess: number;
      readonly body: Body;
      readonly reduce: 'total' | 'count' | 'min' | 'max' | 'all' | 'any';
    }
  | {
      readonly kind: 'loop';
      readonly initial: Operand;
      readonly limit: number;
      readonly max: number;
      readonly body: Body;
    }
  | { readonly kind: 'approval'; readonly onTimeout: 'reject' | 'approve' | 'fail' }
  | { readonly kind: 'sleep' }
  | { readonly kind: 'call'; readonly operand: Operand }
  | { readonly kind: 'finally'; readonly body: Body };

const operand: fc.Arbitrary<Operand> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ literal: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ value: fc.nat(30) }) },
);

const { test } = fc.letrec<{ test: Test }>((tie) => ({
  test: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.record({
      kind: fc.constant('compare'),
      op: fc.constantFrom('eq', 'ne', 'lt', 'gte'),
      left: operand,
      right: operand,
    }),
    fc.record({ kind: fc.constant('even'), operand }),
    fc.record({ kind: fc.constantFrom('and', 'or'), tests: fc.tuple(tie('test'), tie('test')) }),
    fc.record({ kind: fc.constant('not'), test: tie('test') }),
  ),
}));

const leaves: fc.Arbitrary<Statement>[] = [
  fc.record({ kind: fc.constant('add'), a: operand, b: operand, after: fc.option(fc.nat(10), { nil: null }) }),
  fc.record({ kind: fc.constant('concat'), left: operand, right: operand }),
  fc.record({ kind: fc.constant('maybeFail'), operand }),
  fc.record({ kind: fc.constant('sleep') }),
  fc.record({ kind: fc.constant('approval'), onTimeout: fc.constantFrom('reject', 'approve', 'reject', 'fail') }),
];

/** Bodies whose scopes lie at most `depth` deep. A called pipeline calls none. */
function bodies(depth: number, calls: boolean): fc.Arbitrary<Body> {
  const simple = calls ? [...leaves, fc.record({ kind: fc.constant('call' as const), operand })] : leaves;
  if (depth === 0) return fc.array(fc.oneof(...simple), { minLength: 1, maxLength: 3 });
  const body = bodies(depth - 1, calls);
  return fc.array(fc.oneof(...simple, ...scopes(body)), { minLength: 1, maxLength: 4 });
}

function scopes(body: fc.Arbitrary<Body>): fc.Arbitrary<Statement>[] {
  return [
    fc.record({
      kind: fc.constant('when'),
      test,
      do: body,
      elseWhen: fc.option(fc.record({ test, body }), { nil: null }),
      otherwise: fc.option(body, { nil: null }),
    }),
    fc.record({
      kind: fc.constant('fanOut'),
      items: fc.oneof(fc.array(operand, { maxLength: 4 }), fc.record({ count: operand })),
      concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
      minSuccess: fc.constantFrom(1, 1, 0.5, 0),
      body,
      reduce: fc.constantFrom('total', 'count', 'min', 'max', 'all', 'any'),
    }),
    fc.record({
      kind: fc.constant('loop'),
      initial: operand,
      limit: fc.integer({ min: 0, max: 60 }),
      max: fc.integer({ min: 1, max: 6 }),
      body,
    }),
    fc.record({ kind: fc.constant('finally'), body }),
  ];
}

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  body: bodies(2, true),
  called: bodies(1, false),
  exit: fc.option(operand, { nil: null }),
});
