/** Rows an insert statement: the widest table has 18 columns, and SQLite takes 32,766 parameters. */
const ROWS_A_STATEMENT = 500;

export function chunksOf<Row>(rows: readonly Row[]): readonly (readonly Row[])[] {
  const chunks: (readonly Row[])[] = [];
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    chunks.push(rows.slice(start, start + ROWS_A_STATEMENT));
  }
  return chunks;
}
