/** `millrace/data`: what a step's handler needs to read and write tables. Paths are those that `task.read` gives. */
export { appendFloats } from './append-floats.ts';
export type { Column, ColumnKinds, ColumnOf, Columns, NumberColumn, TextColumn, TimeColumn } from './column.ts';
export { DataError, type DataErrorKind, reasonOf } from './data-error.ts';
export { datasetFiles, scan } from './dataset-files.ts';
export { openDuckDB, withClosedDuckDB, withDuckDB, withDuckDBFile } from './duckdb.ts';
export { type ReadOptions, readColumns, streamColumns } from './read-columns.ts';
export { type RowBatch, type RowFunction, withRowFunction } from './row-function.ts';
export { type FileSlice, type RowRange, rowsOf, scanSlice, slicesOf } from './row-range.ts';
export { type ColumnKind, type ColumnSchema, expectColumns, readSchema, unreadable } from './schema.ts';
export { identifier, literal, pathLiteral } from './sql.ts';
export { type TextCounts, textCounts } from './text-counts.ts';
export { type VisitOptions, visitRows } from './visit-rows.ts';
export { ROW_GROUP_ROWS, type WrittenParquet, writeParquet } from './write-parquet.ts';
