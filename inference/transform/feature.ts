import type { CalendarFeature, CalendarSpec } from './calendar.ts';
import type { CategoryFeature, CategorySpec } from './category.ts';
import type { CrossFeature, CrossSpec } from './cross.ts';
import type { ScaleFeature, ScaleSpec } from './scale.ts';
import type { TargetMeanFeature, TargetMeanSpec } from './target-mean.ts';

/** A feature as it is asked for. */
export type FeatureSpec = CategorySpec | CalendarSpec | ScaleSpec | TargetMeanSpec | CrossSpec;

/** A feature as it was fitted: plain JSON, complete in itself. */
export type Feature = CategoryFeature | CalendarFeature | ScaleFeature | TargetMeanFeature | CrossFeature;

/** What every fitted feature says of itself. */
export interface FeatureBase {
  readonly name: string;
  /** For codes 0, 1, … how many there are; null for a measure, where sizes mean something. */
  readonly cardinality: number | null;
}
