import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, identifier, literal, pathLiteral } from '../../data/index.ts';
import type { ColumnRule, RowRules } from '../../ir/row-schema.ts';
import { type ColumnCheck, type Fault, refuseBadRows } from './bad-rows.ts';
import { COLUMN_TYPES, DATE_ALONE } from './column-type.ts';
import { type CsvLayout, csvLayout } from './csv-layout.ts';

/**
 * SQL that reads a CSV file. Such a file says nothing of its columns' types: they are what the schema has them be, and,
 * where it has nothing, what all of their cells can be read as.
 *
 * @throws DataError `unreadable`, `empty` or `columnType`, naming the row and what stands there.
 */
export async function csvReader(connection: DuckDBConnection, source: string, rules: RowRules | null): Promise<string> {
  const layout = await csvLayout(connection, source);
  const others = (rules?.columns ?? []).filter(({ name, type }) => {
    const found = layout.columns.get(name);
    return found !== undefined && !COLUMN_TYPES[type].accepts.test(found);
  });
  const cells = others.filter(({ type }) => type !== 'text');
  if (cells.length > 0)
    await refuseOtherCells(connection, source, readerOf(source, withTypes(layout, others, 'text')), cells);
  return readerOf(source, withTypes(layout, others, null));
}

function readerOf(source: string, { options, columns }: CsvLayout): string {
  const types = [...columns].map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `read_csv(${[pathLiteral(source), ...options, `columns = {${types.join(', ')}}`].join(', ')})`;
}

function withTypes(layout: CsvLayout, rules: readonly ColumnRule[], as: 'text' | null): CsvLayout {
  const types = rules.map(({ name, type }): [string, string] => [name, COLUMN_TYPES[as ?? type].sql]);
  return { ...layout, columns: new Map([...layout.columns, ...types]) };
}

/** @param from reads the columns of `rules` as texts. */
async function refuseOtherCells(
  connection: DuckDBConnection,
  source: string,
  from: string,
  rules: readonly ColumnRule[],
): Promise<void> {
  const checks = rules.map(({ name, type }): ColumnCheck => {
    const { sql, due } = COLUMN_TYPES[type];
    const cell = identifier(name);
    const value = `TRY_CAST(${cell} AS ${sql})`;
    const faults: Fault[] = [{ kind: 'columnType', holds: `${cell} IS NOT NULL AND ${value} IS NULL`, due }];
    if (type === 'date') {
      // A DATE is made of a time too, cut off.
      const holds = `${value} IS DISTINCT FROM TRY_CAST(${cell} AS TIMESTAMP)`;
      faults.push({ kind: 'schema', holds, due: DATE_ALONE });
    }
    const cure =
      'Correct the cell, leave it empty for a value that is missing, or let the schema have text there, of which preprocess ' +
      'makes what you want (TRY_CAST).';
    return { column: name, faults, cure };
  });
  const placeOf = (row: number) => ({ file: source, row });
  await refuseBadRows(connection, { from, placeOf }, checks);
  if ((await connection.runAndReadAll(`SELECT 1 FROM ${from} LIMIT 1`)).getRows().length > 0) return;
  const cure = 'Give it rows, or import it without a schema.';
  throw new DataError('empty', `${source} has a header and no rows. ${cure}`);
}
