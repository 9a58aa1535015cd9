import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type ColumnSchema,
  DataError,
  datasetFiles,
  identifier,
  readSchema,
  reasonOf,
  scan,
  withClosedDuckDB,
  writeParquet,
} from '../../data/index.ts';
import { type TableMetadata, tableMetadata } from '../dataset-metadata.ts';
import { impurities } from './impure-sql.ts';

export interface Cleaning {
  /** By reason: an SQL condition of rows that are left out. A row counts for the first reason that holds. */
  readonly reject: Readonly<Record<string, string>>;
  /** By name: an SQL expression over the source's columns. All columns as they are when left out. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** The name of a column to add: the row's number in the source, from 0. */
  readonly rowId?: string | undefined;
}

interface Table {
  /** In SQL. */
  readonly from: string;
  readonly columns: readonly string[];
}

export interface Cleaned extends TableMetadata {
  readonly rowsIn: number;
  readonly rejected: Readonly<Record<string, number>>;
}

/**
 * Writes the rows of a dataset that no rule rejects, in their order, as one Parquet file. The rules and columns see the
 * dataset and nothing else.
 *
 * @param task names it in errors.
 * @throws DataError `unreadable`, `sql` naming the rule or column whose SQL does not fit, `empty` when no row is left.
 */
export async function cleanTable(source: string, target: string, cleaning: Cleaning, task: string): Promise<Cleaned> {
  const files = await datasetFiles(source);
  return withClosedDuckDB([...files, target], async (connection) => {
    const schema = await readSchema(connection, source);
    checkRowId(source, schema, cleaning);
    const from = cleaning.rowId ? numbered(files, cleaning.rowId) : `(SELECT * FROM ${scan(files)})`;
    await checkExpressions(connection, { from, columns: schema.map(({ name }) => name) }, cleaning, task);
    const rejected = await countRejected(connection, from, cleaning.reject);
    const written = await writeParquet(connection, keptRows(from, cleaning), target);
    const rowsIn = Object.values(rejected).reduce((sum, rows) => sum + rows, written.rows);
    if (written.rows === 0) {
      const reasons = Object.entries(rejected).map(([reason, rows]) => `${reason}: ${rows}`);
      throw new DataError(
        'empty',
        `No row of ${source} is left of ${rowsIn}. Rejected: ${reasons.join(', ') || 'none'}.`,
      );
    }
    return { ...tableMetadata(written), rowsIn, rejected };
  });
}

function checkRowId(source: string, schema: readonly ColumnSchema[], { rowId, columns }: Cleaning): void {
  const taken = rowId !== undefined && (columns ? rowId in columns : schema.some(({ name }) => name === rowId));
  if (!taken) return;
  const owner = columns ? '`columns`' : source;
  throw new DataError('sql', `\`rowId\` is '${rowId}', but ${owner} has a column of that name: take another.`);
}

/** Row numbers are counted by file; those of a second file go on from the first. */
function numbered(files: readonly string[], rowId: string): string {
  const name = identifier(rowId);
  if (files.length === 1) return `(SELECT file_row_number AS ${name}, * FROM ${scan(files)})`;
  return `(SELECT row_number() OVER () - 1 AS ${name}, * FROM ${scan(files)})`;
}

function keptRows(table: string, { columns, reject, rowId }: Cleaning): string {
  const id = rowId ? [identifier(rowId)] : [];
  const list = columns && Object.entries(columns).map(([name, sql]) => `(${sql}) AS ${identifier(name)}`);
  const conditions = Object.values(reject).map((sql) => `NOT coalesce((${sql}), false)`);
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return `SELECT ${list ? [...id, ...list].join(', ') : '*'} FROM ${table}${where}`;
}

async function countRejected(
  connection: DuckDBConnection,
  table: string,
  reject: Cleaning['reject'],
): Promise<Readonly<Record<string, number>>> {
  const rules = Object.values(reject).map((sql) => `(${sql})`);
  if (rules.length === 0) return {};
  const reason = `CASE ${rules.map((sql, index) => `WHEN ${sql} THEN ${index}`).join(' ')} END`;
  const query = `SELECT ${reason} AS reason, count(*) FROM ${table} WHERE ${rules.join(' OR ')} GROUP BY reason`;
  const answer = await connection.runAndReadAll(query);
  const counts = new Map(answer.getRows().map(([index, rows]) => [Number(index), Number(rows)]));
  return Object.fromEntries(Object.keys(reject).map((name, index) => [name, counts.get(index) ?? 0]));
}

/** A piece of SQL of the pipeline's author. */
interface Expression {
  /** `Rule 'no distance'`. */
  readonly title: string;
  readonly sql: string;
  /** The same as it is asked for. */
  readonly typed: string;
}

function expressionsOf({ reject, columns = {} }: Cleaning): readonly Expression[] {
  return [
    ...Object.entries(reject).map(([reason, sql]) => ({
      title: `Rule '${reason}'`,
      sql,
      typed: `CAST((${sql}) AS BOOLEAN)`,
    })),
    ...Object.entries(columns).map(([name, sql]) => ({ title: `Column '${name}'`, sql, typed: `(${sql})` })),
  ];
}

const WHY = 'and what it gives is kept for later runs: it has to follow from the row alone';

async function checkExpressions(
  connection: DuckDBConnection,
  table: Table,
  cleaning: Cleaning,
  task: string,
): Promise<void> {
  const expressions = expressionsOf(cleaning);
  if (expressions.length === 0) return;
  const sqls = expressions.map(({ sql }) => sql);
  for (const [index, impurity] of (await impurities(connection, sqls, table.columns)).entries()) {
    if (!impurity) continue;
    throw new DataError(
      'sql',
      `Task '${task}': ${expressions[index]?.title} ${impurity.what}, ${WHY}. ${impurity.cure}`,
    );
  }
  // Where rows are tested, the engine takes no aggregate: a value has to follow from its row alone.
  const describe = (test: string) => connection.runAndReadAll(`DESCRIBE SELECT 1 FROM ${table.from} WHERE ${test}`);
  const fit = await describe(expressions.map(({ typed }) => `${typed} IS NULL`).join(' AND ')).catch(() => null);
  // Each by itself, so that the error can say whose it is.
  for (const { title, sql, typed } of fit ? [] : expressions) {
    await describe(`${typed} IS NULL`).catch((cause: unknown) => {
      if (/cannot contain aggregates|UNNEST not supported here/.test(reasonOf(cause))) {
        const what = 'makes one value of several rows, or rows of one';
        throw new DataError('sql', `Task '${task}': ${title} ${what}, ${WHY}. Do it in a step.`);
      }
      throw new DataError('sql', `${title} is no SQL for these columns: ${sql} — ${reasonOf(cause)}`, { cause });
    });
  }
}
