import { columnExpression } from './column-batch.ts';
import { datasetFiles, scan } from './dataset-files.ts';
import { withDuckDB } from './duckdb.ts';
import { expectColumns, readSchema, unreadable } from './schema.ts';

/** How many rows have each text. */
export type TextCounts = ReadonlyMap<string, number>;

/**
 * Counts the texts of columns, null as ''. By the engine alone: whole numbers add up to the same in any order, and what
 * repeats is counted without being read row by row.
 *
 * @throws DataError naming file and column: `unreadable`, `missingColumn`, `columnType`.
 */
export async function textCounts(path: string, columns: readonly string[]): Promise<ReadonlyMap<string, TextCounts>> {
  return withDuckDB(async (connection) => {
    const kinds = Object.fromEntries(columns.map((name) => [name, 'text' as const]));
    expectColumns(path, await readSchema(connection, path), kinds);
    const table = scan(await datasetFiles(path));
    const counted = new Map<string, TextCounts>();
    for (const column of columns) {
      const query = `SELECT ${columnExpression(column, 'text')}, count(*) FROM ${table} GROUP BY 1`;
      const answer = await connection.runAndReadAll(query).catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      counted.set(column, new Map(answer.getRows().map(([text, rows]) => [String(text), Number(rows)])));
    }
    return counted;
  });
}
