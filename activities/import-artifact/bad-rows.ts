import type { DuckDBConnection } from '@duckdb/node-api';
import { DataError, type DataErrorKind, identifier } from '../../data/index.ts';

/** What must not hold of a column's values, in SQL. */
export interface ColumnCheck {
  readonly column: string;
  /** A row is bad where one of them is true. */
  readonly faults: readonly Fault[];
  /** What is to be done about it. */
  readonly cure: string;
}

export interface Fault {
  readonly kind: DataErrorKind;
  /** An SQL condition of rows that are bad. */
  readonly holds: string;
  /** What would be good: `a whole number`. */
  readonly due: string;
}

/** Rows to check. */
export interface CheckedRows {
  /** What FROM takes, in the order of the rows. */
  readonly from: string;
  /** Which file a row is of, and which of its rows, from 1. */
  readonly placeOf: (row: number) => { readonly file: string; readonly row: number };
}

/** Longest value that a message shows whole. */
const SHOWN = 40;

/**
 * Looks for a bad row in one pass, which the statistics in Parquet's footers make short. Only where there is one, bad rows
 * are counted by column, and the first of the first such column is found.
 *
 * @throws DataError of the fault's kind, naming file, row, column, what stands there and what is due.
 */
export async function refuseBadRows(
  connection: DuckDBConnection,
  rows: CheckedRows,
  checks: readonly ColumnCheck[],
): Promise<void> {
  const found = await connection.runAndReadAll(
    `SELECT 1 FROM ${rows.from} WHERE ${checks.map(anyOf).join(' OR ')} LIMIT 1`,
  );
  if (found.getRows().length === 0) return;
  const counts = checks.map((check) => `count(*) FILTER (WHERE ${anyOf(check)})`);
  const answer = await connection.runAndReadAll(`SELECT ${['count(*)', ...counts].join(', ')} FROM ${rows.from}`);
  const [total = 0, ...bad] = (answer.getRows()[0] ?? []).map(Number);
  const [worst, ...others] = checks.flatMap((check, index) => {
    const count = bad[index] ?? 0;
    return count > 0 ? [{ check, count }] : [];
  });
  if (!worst) throw changed(rows.from);
  const { row, value, fault } = await firstBad(connection, rows.from, worst.check);
  const place = rows.placeOf(row);
  const { column, cure } = worst.check;
  const many = worst.count === 1 ? `1 row of ${total} is` : `${worst.count} rows of ${total} are`;
  const also = others.map(({ check, count }) => `'${check.column}' (${count})`);
  const rest = also.length > 0 ? ` There are bad rows in ${also.join(', ')} too.` : '';
  throw new DataError(
    fault.kind,
    `Row ${place.row} of ${place.file} has ${value} in column '${column}', where ${fault.due} is due; ${many} bad there.${rest} ${cure}`,
  );
}

function anyOf({ faults }: ColumnCheck): string {
  return faults.map(({ holds }) => `(${holds})`).join(' OR ');
}

async function firstBad(connection: DuckDBConnection, from: string, check: ColumnCheck) {
  const { column, faults } = check;
  const which = `CASE ${faults.map(({ holds }, index) => `WHEN ${holds} THEN ${index}`).join(' ')} END`;
  const all = `SELECT row_number() OVER () AS number, CAST(${identifier(column)} AS VARCHAR) AS shown, ${which} AS fault FROM ${from}`;
  const query = `SELECT * FROM (${all}) WHERE fault IS NOT NULL ORDER BY number LIMIT 1`;
  const [number, shown, index] = (await connection.runAndReadAll(query)).getRows()[0] ?? [];
  const fault = faults[Number(index)];
  if (!fault) throw changed(from);
  return { row: Number(number), value: told(shown), fault };
}

function changed(from: string): DataError {
  return new DataError('incomplete', `The rows of ${from} changed while they were checked.`);
}

function told(shown: unknown): string {
  if (typeof shown !== 'string') return 'no value';
  return shown.length > SHOWN ? `'${shown.slice(0, SHOWN)}…'` : `'${shown}'`;
}
