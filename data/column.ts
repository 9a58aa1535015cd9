import type { ColumnKind } from './schema.ts';

/**
 * A column in memory, as models see it. Tensors have no null, so neither have columns: a null number is NaN, a null text
 * is '', and a null time is an error at reading.
 */
export type Column = NumberColumn | TimeColumn | TextColumn;

export interface NumberColumn {
  readonly kind: 'number';
  readonly values: Float64Array;
}

/** Microseconds since 1970-01-01 UTC; a DATE is its midnight. */
export interface TimeColumn {
  readonly kind: 'time';
  readonly values: BigInt64Array;
}

/** `dictionary[codes[row]]` is the text of a row. */
export interface TextColumn {
  readonly kind: 'text';
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

export type ColumnOf<K extends ColumnKind> = Extract<Column, { kind: K }>;
export type ColumnKinds = Readonly<Record<string, ColumnKind>>;

/** Columns of equal length, by name. */
export interface Columns<S extends ColumnKinds = ColumnKinds> {
  readonly rows: number;
  readonly columns: { readonly [K in keyof S]: ColumnOf<S[K]> };
}
