import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, identifier, literal, pathLiteral } from '../../data/index.ts';
import type { ColumnRule, RowRules } from '../../ir/row-schema.ts';
import { type ColumnCheck, type Fault, refuseBadRows } from './bad-rows.ts';
import { COLUMN_TYPES, DATE_ALONE } from './column-type.ts';

/**
 * SQL that reads a CSV file. Such a file says nothing of its columns' types: they are what the schema has them be, and,
 * where it has nothing, what all of their cells can be read as.
 *
 * @throws DataError `empty` or `columnType`, naming the row and what stands there.
 */
export async function csvReader(connection: DuckDBConnection, source: string, rules: RowRules | null): Promise<string> {
  const layout = await layoutOf(connection, source);
  const others = (rules?.columns ?? []).filter(({ name, type }) => {
    const found = layout.columns.get(name);
    return found !== undefined && !COLUMN_TYPES[type].accepts.test(found);
  });
  const cells = others.filter(({ type }) => type !== 'text');
  if (cells.length > 0)
    await refuseOtherCells(connection, source, readerOf(source, withTypes(layout, others, 'text')), cells);
  return readerOf(source, withTypes(layout, others, null));
}

/** How a file is written, and the types that fit all of its cells. */
interface CsvLayout {
  readonly options: readonly string[];
  /** In their order. */
  readonly columns: ReadonlyMap<string, string>;
}

/**
 * Looks at all rows, which takes about as long as reading them. A part of them would say less than the truth: where it
 * holds whole numbers alone, the engine rounds the fractions that come later.
 */
async function layoutOf(connection: DuckDBConnection, source: string): Promise<CsvLayout> {
  const fields =
    'Delimiter, Quote, "Escape", "Comment", SkipRows, HasHeader, DateFormat, TimestampFormat, list_transform(Columns, c -> [c.name, c.type])::JSON::VARCHAR';
  const answer = await connection.runAndReadAll(
    `SELECT ${fields} FROM sniff_csv(${pathLiteral(source)}, sample_size = -1)`,
  );
  const [delimiter, quote, escaped, comment, skip, header, date, timestamp, columns] = answer.getRows()[0] ?? [];
  const text = (name: string, value: unknown) =>
    value === null ? [] : [`${name} = ${literal(value === '(empty)' ? '' : String(value))}`];
  return {
    options: [
      'auto_detect = false',
      ...text('delim', delimiter),
      ...text('quote', quote),
      ...text('escape', escaped),
      ...text('comment', comment),
      `skip = ${Number(skip)}`,
      `header = ${header === true}`,
      ...text('dateformat', date),
      ...text('timestampformat', timestamp),
    ],
    columns: new Map(JSON.parse(String(columns))),
  };
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
    const cure = 'Correct the cell, or let the schema have there what the file has.';
    return { column: name, faults, cure };
  });
  const placeOf = (row: number) => ({ file: source, row });
  await refuseBadRows(connection, { from, placeOf }, checks);
  if ((await connection.runAndReadAll(`SELECT 1 FROM ${from} LIMIT 1`)).getRows().length > 0) return;
  const cure = 'Give it rows, or import it without a schema.';
  throw new DataError('empty', `${source} has a header and no rows: nothing says what its columns hold. ${cure}`);
}
