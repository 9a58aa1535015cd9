import type { ColumnKinds, Columns } from './column.ts';
import { appendChunk, columnExpression, columnsOf, createBatch, placeBatch, renumberTexts } from './column-batch.ts';
import { DataError } from './data-error.ts';
import { openDuckDB } from './duckdb.ts';
import { type FileSlice, type RowRange, rowsOf, scanSlice, slicesOf } from './row-range.ts';
import { expectColumns, readSchema, unreadable } from './schema.ts';
import { visitRows } from './visit-rows.ts';

export interface ReadOptions {
  /** These rows only; all when left out. */
  readonly range?: RowRange;
}

/** Rows that DuckDB gives at once, at most. */
const CHUNK_ROWS = 2_048;

/**
 * Columns of a dataset, whole, in row order. Memory: 8 bytes a number or time, 4 bytes a text. Texts are numbered by
 * their first row.
 *
 * @throws DataError naming file and column: `unreadable`, `missingColumn`, `columnType`, `missingValue` (a null time),
 *   `empty`, `incomplete`.
 * @example const { rows, columns } = await readColumns(path, { delay: 'number', origin: 'text' });
 */
export async function readColumns<const S extends ColumnKinds>(
  path: string,
  kinds: S,
  options: ReadOptions = {},
): Promise<Columns<S>> {
  const range = options.range ?? { from: 0, to: await rowsOf(path) };
  const whole = createBatch(kinds, range.to - range.from);
  whole.rows = await visitRows(path, kinds, (batch) => placeBatch(whole, batch, batch.firstRow - range.from), {
    range,
  });
  if (whole.rows > 0) return columnsOf<S>(renumberTexts(whole));
  throw new DataError('empty', `${path} has no rows${options.range ? ` from ${range.from} to ${range.to}` : ''}.`);
}

/**
 * Columns of a dataset in batches of up to `batchRows` rows (65,536 when left out, 2,048 at least), in row order, with
 * bounded memory. The arrays of a batch are filled again for the next one: copy what must last. Dictionaries of text
 * grow from batch to batch; a text keeps its code.
 */
export async function* streamColumns<const S extends ColumnKinds>(
  path: string,
  kinds: S,
  options: ReadOptions & { readonly batchRows?: number } = {},
): AsyncGenerator<Columns<S>> {
  const connection = await openDuckDB();
  try {
    expectColumns(path, await readSchema(connection, path), kinds);
    const slices = await slicesOf(connection, path, options.range);
    const batch = createBatch(kinds, Math.max(CHUNK_ROWS, options.batchRows ?? 65_536));
    for (const slice of slices) {
      const stream = await connection.stream(sliceQuery(slice, kinds)).catch((cause: unknown) => {
        throw unreadable(slice.file, cause);
      });
      let left = slice.to - slice.from;
      for (;;) {
        const chunk = await stream.fetchChunk().catch((cause: unknown) => {
          throw unreadable(slice.file, cause);
        });
        if (!chunk || chunk.rowCount === 0) break;
        if (batch.rows + chunk.rowCount > batch.capacity) {
          yield columnsOf<S>(batch);
          batch.rows = 0;
        }
        appendChunk(batch, chunk, path);
        left -= chunk.rowCount;
      }
      if (left !== 0) throw new DataError('incomplete', `${slice.file} gave ${left} rows fewer than its footer says.`);
    }
    if (batch.rows > 0) yield columnsOf<S>(batch);
  } finally {
    connection.closeSync();
  }
}

function sliceQuery(slice: FileSlice, kinds: ColumnKinds): string {
  const expressions = Object.entries(kinds).map(([name, kind]) => columnExpression(name, kind));
  // A reader of no columns counts rows.
  return `SELECT ${expressions.join(', ') || 'true'} FROM ${scanSlice(slice)}`;
}
