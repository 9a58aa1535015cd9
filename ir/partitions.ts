/** How long a partition of time is. Weeks are those of ISO 8601, from Monday. */
export const PERIODS = ['hour', 'day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/** Partitions of time, one after another without a gap. */
export interface TimeDimension {
  readonly kind: 'time';
  readonly name: string;
  readonly period: Period;
  /** Key of the first. */
  readonly start: string;
  /** Key of the last; null where they go on. */
  readonly end: string | null;
  /** An IANA name: where a day begins. */
  readonly timezone: string;
}

/** Partitions that are listed. */
export interface StaticDimension {
  readonly kind: 'static';
  readonly name: string;
  readonly keys: readonly string[];
}

export type Dimension = TimeDimension | StaticDimension;

/** What a pipeline's data is cut into: a run is of one partition. Of several dimensions, each combination is one. */
export interface Partitions {
  /** In the order in which keys name them; one at most is of time, for a run has one logical time. */
  readonly dimensions: readonly Dimension[];
}
