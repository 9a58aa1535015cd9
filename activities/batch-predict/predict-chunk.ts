import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type ColumnSchema,
  DataError,
  expectColumns,
  identifier,
  literal,
  type RowBatch,
  type RowRange,
  readSchema,
  scanSlice,
  slicesOf,
  unreadable,
  withDuckDB,
  withRowFunction,
  writeParquet,
} from '../../data/index.ts';
import { type BulkScorer, openBulkScorer } from '../../inference/index.ts';
import { type TableMetadata, tableMetadata } from '../dataset-metadata.ts';

export interface ChunkRequest {
  /** A model folder. */
  readonly model: string;
  /** What the column `model` says of each row. */
  readonly modelDigest: string;
  /** The dataset. */
  readonly rows: string;
  readonly range: RowRange;
  /** Columns of the dataset that go into the predictions, in this order; null for all. */
  readonly keep: readonly string[] | null;
  /** Told after each batch: how many rows of the range are scored. */
  readonly onProgress?: (scored: number) => void;
  readonly signal?: AbortSignal;
}

/** What a prediction adds to its row. */
const ADDED = ['probability', 'model'];

/**
 * Scores a range of rows and writes kept columns, `probability` FLOAT and `model` VARCHAR, in row order. The model is a
 * function of the one statement that reads and writes, so memory does not grow with the range; the same model and rows
 * give the same bytes.
 *
 * @throws DataError naming file and column; InferenceError when the folder is no model.
 */
export async function predictChunk(request: ChunkRequest, target: string): Promise<TableMetadata> {
  const scorer = await openBulkScorer(request.model);
  try {
    return await withDuckDB((connection) => scoreRows(connection, request, scorer, target));
  } finally {
    scorer.close();
  }
}

async function scoreRows(
  connection: DuckDBConnection,
  request: ChunkRequest,
  scorer: BulkScorer,
  target: string,
): Promise<TableMetadata> {
  const { rows, range, signal, onProgress, modelDigest } = request;
  const schema = await readSchema(connection, rows);
  expectColumns(rows, schema, scorer.inputs);
  const columns = keptColumns(request, schema).map(identifier);
  const slices = await slicesOf(connection, rows, range);
  let scored = 0;
  const score = (batch: RowBatch, results: Float32Array) => {
    signal?.throwIfAborted();
    results.set(scorer.score(batch));
    scored += batch.rows;
    onProgress?.(scored);
  };
  const written = await withRowFunction(rows, scorer.inputs, score, (call) => {
    const list = [...columns, `${call} AS probability`, `${literal(modelDigest)} AS model`].join(', ');
    const query = slices.map((slice) => `SELECT ${list} FROM ${scanSlice(slice)}`).join(' UNION ALL ');
    return writeParquet(connection, query, target).catch((cause: unknown) => {
      throw unreadable(rows, cause);
    });
  });
  if (written.rows !== range.to - range.from || scored !== written.rows) {
    const due = range.to - range.from;
    throw new DataError('incomplete', `Of ${due} rows of ${rows} ${scored} were scored, ${written.rows} written.`);
  }
  return tableMetadata(written);
}

function keptColumns({ rows, keep }: ChunkRequest, schema: readonly ColumnSchema[]): readonly string[] {
  const names = schema.map(({ name }) => name);
  for (const name of keep ?? names) {
    if (!names.includes(name)) {
      const message = `${rows} has no column '${name}' to keep. Its columns are: ${names.join(', ')}.`;
      throw new DataError('missingColumn', message);
    }
    if (ADDED.includes(name)) {
      const message = `Column '${name}' of ${rows} has the name of one that a prediction adds. Leave it out of \`keep\`.`;
      throw new DataError('columnType', message);
    }
  }
  return keep ?? names;
}
