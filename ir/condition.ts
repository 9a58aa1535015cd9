import type { Binding } from './binding.ts';

export const COMPARISONS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A test of values. A tree of data, so that a page can show `0.741 ≥ 0.7 → true`. */
export type Condition =
  | CompareCondition
  | AllCondition
  | AnyCondition
  | NotCondition
  | IncludesCondition
  | IsNullCondition
  | IsTrueCondition;

/** `eq` and `ne` compare any JSON by value; the others two numbers or two strings. */
export interface CompareCondition {
  readonly kind: 'compare';
  readonly op: Comparison;
  readonly left: Binding;
  readonly right: Binding;
}

export interface AllCondition {
  readonly kind: 'and';
  readonly operands: readonly Condition[];
}

export interface AnyCondition {
  readonly kind: 'or';
  readonly operands: readonly Condition[];
}

export interface NotCondition {
  readonly kind: 'not';
  readonly operand: Condition;
}

/** Whether an array holds a value, or a string a part. */
export interface IncludesCondition {
  readonly kind: 'includes';
  readonly collection: Binding;
  readonly value: Binding;
}

export interface IsNullCondition {
  readonly kind: 'isNull';
  readonly value: Binding;
}

/** A boolean value used as a condition. */
export interface IsTrueCondition {
  readonly kind: 'isTrue';
  readonly value: Binding;
}
