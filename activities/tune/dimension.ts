declare const VALUE: unique symbol;

export type Scalar = string | number | boolean | null;

type Form =
  | { readonly kind: 'choice'; readonly values: readonly Scalar[] }
  | { readonly kind: 'uniform' | 'logUniform' | 'integer'; readonly min: number; readonly max: number };

/** What one input of the tried step may be. */
export type Dimension<V extends Scalar = Scalar> = Form & { readonly [VALUE]?: V };

/** One of some values, each as likely. */
export function choice<const V extends Scalar>(values: readonly V[]): Dimension<V> {
  return { kind: 'choice', values: [...values] };
}

/** A number from `min` to `max`. */
export function uniform(min: number, max: number): Dimension<number> {
  return { kind: 'uniform', min, max };
}

/** A number from `min` to `max`, both above 0, of which each order of magnitude is as likely: for rates and penalties. */
export function logUniform(min: number, max: number): Dimension<number> {
  return { kind: 'logUniform', min, max };
}

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number): Dimension<number> {
  return { kind: 'integer', min, max };
}

/** How many values there are of it; infinitely many of a range of numbers. */
export function valuesIn(dimension: Dimension): number {
  if (dimension.kind === 'choice') return new Set(dimension.values).size;
  return dimension.kind === 'integer' ? dimension.max - dimension.min + 1 : Number.POSITIVE_INFINITY;
}

/** Values at its edges, and all of a choice: when the step takes these, it takes what lies between. */
export function extremesOf(dimension: Dimension): readonly Scalar[] {
  return dimension.kind === 'choice' ? dimension.values : [dimension.min, dimension.max];
}

/** Why nothing can be drawn of it; null when something can. */
export function faultOf(dimension: Dimension): string | null {
  if (dimension.kind === 'choice') return dimension.values.length === 0 ? 'is a choice of nothing' : null;
  const { kind, min, max } = dimension;
  if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
    return `goes from ${min} to ${max}; the first has to be the smaller one`;
  }
  if (kind === 'logUniform' && min <= 0) return `begins at ${min}, which has no logarithm; begin above 0`;
  return kind === 'integer' && !(Number.isInteger(min) && Number.isInteger(max))
    ? `goes from ${min} to ${max}, which are to be whole`
    : null;
}

/** @param share in [0, 1) */
export function drawn(dimension: Dimension, share: number): Scalar {
  if (dimension.kind === 'choice') return dimension.values[Math.floor(share * dimension.values.length)] ?? null;
  const { kind, min, max } = dimension;
  if (kind === 'uniform') return min + share * (max - min);
  if (kind === 'integer') return min + Math.floor(share * (max - min + 1));
  // Rounding may carry an edge past itself, where the step does not take it any more.
  return Math.min(Math.max(Math.exp(Math.log(min) + share * Math.log(max / min)), min), max);
}
