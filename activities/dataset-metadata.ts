import { type ColumnSchema, readSchema, rowsOf, withDuckDB } from '../data/index.ts';

/** What readers want to know of a table without opening it; kept with every dataset and all predictions. */
export type TableMetadata = {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

export function tableMetadata({ rows, columns }: { rows: number; columns: readonly ColumnSchema[] }): TableMetadata {
  return { rows, columns: columns.map(({ name, type }) => ({ name, type })) };
}

/** @throws DataError `unreadable`. */
export async function readTableMetadata(path: string): Promise<TableMetadata> {
  const columns = await withDuckDB((connection) => readSchema(connection, path));
  return tableMetadata({ rows: await rowsOf(path), columns });
}
