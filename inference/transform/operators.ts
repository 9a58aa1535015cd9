import { calendar } from './calendar.ts';
import { category } from './category.ts';
import { cross } from './cross.ts';
import type { Feature, FeatureSpec } from './feature.ts';
import type { Operator } from './operator.ts';
import { scale } from './scale.ts';
import { targetMean } from './target-mean.ts';

type Op = FeatureSpec['op'];
const OPERATORS: { readonly [O in Op]: Operator<Extract<FeatureSpec, { op: O }>, Extract<Feature, { op: O }>> } = {
  category,
  calendar,
  scale,
  targetMean,
  cross,
};

/** The operator of a spec or feature. The record above pairs them; the compiler cannot follow it through a union. */
export function operatorOf(of: { readonly op: Op }): Operator<FeatureSpec, Feature> {
  return OPERATORS[of.op] as unknown as Operator<FeatureSpec, Feature>;
}
