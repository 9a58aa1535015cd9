import type { DuckDBVector } from '@duckdb/node-api';

/*
 * DuckDB's vectors keep their memory in fields that the types call private. These two functions are the only place that
 * looks at them, and say so plainly should a newer package keep it elsewhere.
 */

/** The values of a vector of numbers, without a copy; valid until its chunk is freed. Rows that are NULL hold anything. */
export function numbersOf<T extends Float64Array | Float32Array | BigInt64Array | Int32Array>(
  vector: DuckDBVector,
  type: new (length: number) => T,
): T {
  const items: unknown = 'items' in vector ? vector.items : undefined;
  if (items instanceof type) return items;
  throw new TypeError(`DuckDB gave no ${type.name} for ${vector.type}: this version of @duckdb/node-api is not known.`);
}

/** The 16-byte records of a vector of texts: length in bytes, then up to 12 bytes of UTF-8, or a prefix and a pointer. */
export function textRecordsOf(vector: DuckDBVector): Int32Array {
  const view: unknown = 'dataView' in vector ? vector.dataView : undefined;
  if (view instanceof DataView) return new Int32Array(view.buffer, view.byteOffset, view.byteLength / 4);
  throw new TypeError(`DuckDB gave no text records for ${vector.type}: this version of @duckdb/node-api is not known.`);
}
