import type { DuckDBConnection, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { Column, ColumnKinds, Columns } from './column.ts';
import { columnExpression, timesWithoutNull } from './column-batch.ts';
import { DataError } from './data-error.ts';
import type { ColumnKind } from './schema.ts';
import { createTextDictionary, encodeTexts, type TextDictionary } from './text-dictionary.ts';
import { numbersOf } from './vector-view.ts';

/**
 * Rows as DuckDB hands them over: up to 2,048 that follow one another in their file. The arrays are DuckDB's own memory,
 * good until the call returns. Dictionaries grow from batch to batch, and may have texts that no row has; a text keeps
 * its code.
 */
export interface RowBatch<S extends ColumnKinds = ColumnKinds> extends Columns<S> {
  /** The number in its file of the first row. */
  readonly firstRow: number;
}

/** Sees each row once, batch by batch in any order, and says a number for each. */
export type RowFunction<S extends ColumnKinds> = (batch: RowBatch<S>, results: Float32Array) => void;

/*
 * SQL functions cannot be taken out of an engine again, so there are two for all: their first argument tells whose they
 * are. The function of one text is apart so that DuckDB runs it once for each entry of a Parquet dictionary and not for
 * each row, which is most of the cost of reading texts.
 */
const ROWS = 'millrace_rows';
const TEXT = 'millrace_text';

interface RowJob {
  readonly columns: readonly {
    readonly name: string;
    readonly kind: ColumnKind;
    readonly dictionary: TextDictionary;
  }[];
  readonly path: string;
  readonly compute: RowFunction<ColumnKinds>;
  thrown: unknown;
}

const jobs = new Map<number, RowJob>();
const dictionaries = new Map<number, TextDictionary>();
let lastNumber = 0;

/**
 * Runs a query that computes rows here: `call` is SQL that gives `compute`'s FLOAT of a row, for a scan of one file of
 * the dataset at `path` with its `file_row_number`. What `compute` throws ends the query and is thrown on.
 */
export async function withRowFunction<const S extends ColumnKinds, T>(
  path: string,
  kinds: S,
  compute: RowFunction<S>,
  use: (call: string) => Promise<T>,
): Promise<T> {
  const entries = Object.entries(kinds);
  const columns = entries.map(([name, kind]) => ({ name, kind, dictionary: createTextDictionary() }));
  const job: RowJob = { columns, path, compute: compute as RowFunction<ColumnKinds>, thrown: undefined };
  const first = lastNumber + 1;
  lastNumber += 1 + columns.length;
  jobs.set(first, job);
  const expressions = columns.map(({ name, kind, dictionary }, index) => {
    const expression = columnExpression(name, kind);
    if (kind !== 'text') return expression;
    dictionaries.set(first + 1 + index, dictionary);
    return `${TEXT}(${first + 1 + index}, ${expression})`;
  });
  try {
    return await use(`${ROWS}(${[first, 'file_row_number', ...expressions].join(', ')})`);
  } catch (error) {
    throw job.thrown ?? error;
  } finally {
    jobs.delete(first);
    for (const index of columns.keys()) dictionaries.delete(first + 1 + index);
  }
}

/** Makes the two functions known to an engine. */
export async function registerRowFunctions(connection: DuckDBConnection): Promise<void> {
  const { ANY, BIGINT, DuckDBScalarFunction, FLOAT, INTEGER, VARCHAR } = await import('@duckdb/node-api');
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: ROWS,
      returnType: FLOAT,
      parameterTypes: [INTEGER, BIGINT],
      varArgsType: ANY,
      // It is called for what it does, too: no call may be left out or be made twice.
      volatile: true,
      mainFunction: (_, chunk, output) => computeRows(chunk, output),
    }),
  );
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: TEXT,
      returnType: INTEGER,
      parameterTypes: [INTEGER, VARCHAR],
      mainFunction: (_, chunk, output) => encodeColumn(chunk, output),
    }),
  );
}

function computeRows(chunk: DuckDBDataChunk, output: DuckDBVector): void {
  const job = jobs.get(numberOf(chunk));
  if (!job) return;
  try {
    job.compute(batchOf(chunk, job), numbersOf(output, Float32Array).subarray(0, chunk.rowCount));
    output.flush();
  } catch (error) {
    job.thrown ??= error;
    throw error;
  }
}

function encodeColumn(chunk: DuckDBDataChunk, output: DuckDBVector): void {
  const dictionary = dictionaries.get(numberOf(chunk));
  if (!dictionary) return;
  encodeTexts(dictionary, chunk.getColumnVector(1), chunk.rowCount, numbersOf(output, Int32Array), 0);
  output.flush();
}

function numberOf(chunk: DuckDBDataChunk): number {
  return numbersOf(chunk.getColumnVector(0), Int32Array)[0] ?? 0;
}

function batchOf(chunk: DuckDBDataChunk, { columns, path }: RowJob): RowBatch {
  const rows = chunk.rowCount;
  const numbers = numbersOf(chunk.getColumnVector(1), BigInt64Array);
  const firstRow = Number(numbers[0]);
  if (Number(numbers[rows - 1]) - firstRow !== rows - 1) {
    throw new DataError('incomplete', `Rows ${firstRow} to ${numbers[rows - 1]} of ${path} did not come in one piece.`);
  }
  const named = columns.map(({ name, kind, dictionary }, index): [string, Column] => {
    const vector = chunk.getColumnVector(index + 2);
    if (kind === 'number') return [name, { kind, values: numbersOf(vector, Float64Array).subarray(0, rows) }];
    if (kind === 'text') {
      return [name, { kind, codes: numbersOf(vector, Int32Array).subarray(0, rows), dictionary: dictionary.texts }];
    }
    const values = numbersOf(vector, BigInt64Array).subarray(0, rows);
    return [name, { kind, values: timesWithoutNull(values, name, path) }];
  });
  return { rows, firstRow, columns: Object.fromEntries(named) };
}
