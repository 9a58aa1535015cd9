import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Column, ColumnKinds, Columns } from './column.ts';
import { DataError } from './data-error.ts';
import type { ColumnKind } from './schema.ts';
import { identifier } from './sql.ts';
import { createTextDictionary, encodeTexts, type TextDictionary } from './text-dictionary.ts';
import { numbersOf } from './vector-view.ts';

/** What a null time is read as: the one count of microseconds that no calendar has. */
const NULL_TIME = -(2n ** 63n);

/** SQL that gives a column as its kind, with no null in it (see `Column`). */
export function columnExpression(name: string, kind: ColumnKind): string {
  const column = identifier(name);
  switch (kind) {
    case 'number':
      return `coalesce(CAST(${column} AS DOUBLE), 'NaN'::DOUBLE)`;
    case 'text':
      return `coalesce(CAST(${column} AS VARCHAR), '')`;
    case 'time':
      return `coalesce(epoch_us(${column}), ${NULL_TIME})`;
  }
}

/** Arrays that chunks are copied to, one after the other, until no further chunk fits. */
export interface ColumnBatch {
  readonly capacity: number;
  readonly parts: readonly BatchPart[];
  rows: number;
}

type BatchPart =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array }
  | { readonly name: string; readonly kind: 'time'; readonly values: BigInt64Array }
  | { readonly name: string; readonly kind: 'text'; readonly codes: Int32Array; readonly dictionary: TextDictionary };

export function createBatch(kinds: ColumnKinds, capacity: number): ColumnBatch {
  return { capacity, parts: Object.entries(kinds).map(([name, kind]) => createPart(name, kind, capacity)), rows: 0 };
}

function createPart(name: string, kind: ColumnKind, capacity: number): BatchPart {
  switch (kind) {
    case 'number':
      return { name, kind, values: new Float64Array(capacity) };
    case 'time':
      return { name, kind, values: new BigInt64Array(capacity) };
    case 'text':
      return { name, kind, codes: new Int32Array(capacity), dictionary: createTextDictionary() };
  }
}

/** Copies a chunk's rows behind those that are there. The chunk must fit. */
export function appendChunk(batch: ColumnBatch, chunk: DuckDBDataChunk, path: string): void {
  const rows = chunk.rowCount;
  for (const [index, part] of batch.parts.entries()) {
    const vector = chunk.getColumnVector(index);
    if (part.kind === 'number') part.values.set(numbersOf(vector, Float64Array).subarray(0, rows), batch.rows);
    else if (part.kind === 'text') encodeTexts(part.dictionary, vector, rows, part.codes, batch.rows);
    else
      part.values.set(
        timesWithoutNull(numbersOf(vector, BigInt64Array).subarray(0, rows), part.name, path),
        batch.rows,
      );
  }
  batch.rows += rows;
}

/** Copies rows to a place among the others. */
export function placeBatch(batch: ColumnBatch, rows: Columns, place: number): void {
  for (const part of batch.parts) {
    const column = rows.columns[part.name];
    if (part.kind === 'number' && column?.kind === 'number') part.values.set(column.values, place);
    if (part.kind === 'time' && column?.kind === 'time') part.values.set(column.values, place);
    if (part.kind === 'text' && column?.kind === 'text') {
      const { texts } = part.dictionary;
      for (let code = texts.length; code < column.dictionary.length; code++)
        texts.push(column.dictionary[code] as string);
      part.codes.set(column.codes, place);
    }
  }
}

/** Numbers texts by their first row, and leaves out those that no row has: the same codes whatever order rows came in. */
export function renumberTexts(batch: ColumnBatch): ColumnBatch {
  const parts = batch.parts.map((part): BatchPart => {
    if (part.kind !== 'text') return part;
    const dictionary = createTextDictionary();
    const numbers = new Int32Array(part.dictionary.texts.length).fill(-1);
    for (let row = 0; row < batch.rows; row++) {
      const code = part.codes[row] as number;
      if (numbers[code] === -1) numbers[code] = dictionary.texts.push(part.dictionary.texts[code] as string) - 1;
      part.codes[row] = numbers[code] as number;
    }
    return { ...part, dictionary };
  });
  return { ...batch, parts };
}

/** The rows that are in a batch, as columns; the arrays stay the batch's own. */
export function columnsOf<S extends ColumnKinds>(batch: ColumnBatch): Columns<S> {
  const { rows } = batch;
  const columns = batch.parts.map((part): [string, Column] => {
    if (part.kind === 'text') {
      return [part.name, { kind: 'text', codes: part.codes.subarray(0, rows), dictionary: part.dictionary.texts }];
    }
    if (part.kind === 'time') return [part.name, { kind: 'time', values: part.values.subarray(0, rows) }];
    return [part.name, { kind: 'number', values: part.values.subarray(0, rows) }];
  });
  return { rows, columns: Object.fromEntries(columns) as Columns<S>['columns'] };
}

export function timesWithoutNull(times: BigInt64Array, name: string, path: string): BigInt64Array {
  if (times.includes(NULL_TIME)) {
    throw new DataError(
      'missingValue',
      `Column '${name}' of ${path} has nulls: a time cannot be filled in. Reject such rows in an earlier step.`,
    );
  }
  return times;
}
