import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type ColumnSchema,
  DataError,
  datasetFiles,
  identifier,
  literal,
  reasonOf,
  scan,
  slicesOf,
  unreadable,
} from '../../data/index.ts';
import type { ColumnRule, RowRules, Scalar, ValueCheck } from '../../ir/row-schema.ts';
import { type ColumnCheck, type Fault, refuseBadRows } from './bad-rows.ts';
import { COLUMN_TYPES, DATE_ALONE } from './column-type.ts';

interface Table {
  /** What messages name. */
  readonly source: string;
  /** Parquet: a file or a folder of files. */
  readonly path: string;
  readonly columns: readonly ColumnSchema[];
}

/**
 * Checks a table against what the schema of its rows asks for: its columns first, then every row, in one pass.
 *
 * @throws DataError `missingColumn`, `columnType`, `missingValue` or `schema`, naming file, column, what stands there and
 *   what is due.
 */
export async function checkRows(connection: DuckDBConnection, table: Table, rules: RowRules): Promise<void> {
  checkColumns(table, rules);
  const checks = rules.columns.flatMap((rule) => {
    const type = table.columns.find(({ name }) => name === rule.name)?.type;
    const faults = type === undefined ? [] : faultsOf(rule, type);
    return faults.length > 0 ? [{ column: rule.name, faults, cure: cureOf(rule) } satisfies ColumnCheck] : [];
  });
  if (checks.length === 0) return;
  const { source, path } = table;
  // What was converted is one file; the rows of a folder are told by the file that they are in.
  const slices = path === source ? await slicesOf(connection, path) : [];
  const placeOf = (row: number) => {
    const slice = slices.find(({ first, from, to }) => row > first && row <= first + to - from);
    return slice ? { file: slice.file, row: row - slice.first } : { file: source, row };
  };
  await refuseBadRows(connection, { from: scan(await datasetFiles(path)), placeOf }, checks).catch((error: unknown) => {
    throw error instanceof DataError ? error : unreadable(source, error);
  });
}

/** @throws DataError `schema` for a pattern that the engine's regular expressions cannot say. */
export async function checkPatterns(connection: DuckDBConnection, rules: RowRules): Promise<void> {
  for (const { name, checks } of rules.columns) {
    for (const check of checks) {
      if (check.kind !== 'pattern') continue;
      await connection.runAndReadAll(`SELECT regexp_matches('', ${literal(check.pattern)})`).catch((cause: unknown) => {
        const reason = `${check.pattern} (${reasonOf(cause)})`;
        const cure =
          'Say it without looking ahead or back, back-references and \\u escapes, which RE2 lacks, or check it in a step.';
        throw new DataError(
          'schema',
          `Column '${name}' has a pattern in the schema that SQL cannot check: ${reason}. ${cure}`,
          { cause },
        );
      });
    }
  }
}

function checkColumns({ source, columns }: Table, rules: RowRules): void {
  const known = columns.map(({ name }) => name);
  for (const rule of rules.columns) {
    const column = columns.find(({ name }) => name === rule.name);
    const { accepts, due } = COLUMN_TYPES[rule.type];
    if (!column && rule.required) {
      const message = `${source} has no column '${rule.name}'. Its columns are: ${known.join(', ')}.`;
      throw new DataError('missingColumn', message);
    }
    if (column && !accepts.test(column.type)) {
      const message = `Column '${rule.name}' of ${source} is ${column.type}, where the schema has ${due}. Correct the schema, or write the file anew.`;
      throw new DataError('columnType', message);
    }
  }
  const extra = known.filter((name) => rules.columns.every((rule) => rule.name !== name));
  if (!rules.strict || extra.length === 0) return;
  const cure = 'Name them there, or say z.object() in place of z.strictObject().';
  throw new DataError('schema', `${source} has columns that its schema has not: ${extra.join(', ')}. ${cure}`);
}

function faultsOf(rule: ColumnRule, type: string): readonly Fault[] {
  const { due } = COLUMN_TYPES[rule.type];
  const column = identifier(rule.name);
  const isFloat = type === 'DOUBLE' || type === 'FLOAT';
  const value = valueIn(column, type);
  const bad = (holds: string, told: string): Fault => ({ kind: 'schema', holds, due: told });
  const isNumber = rule.type === 'number' || rule.type === 'integer';
  return [
    ...(rule.nullable ? [] : [{ kind: 'missingValue', holds: `${value} IS NULL`, due } as const]),
    ...(isNumber && isFloat ? [bad(`isinf(${value})`, due)] : []),
    ...(rule.type === 'integer' && (isFloat || type.startsWith('DECIMAL'))
      ? [bad(`${value} <> floor(${value})`, due)]
      : []),
    ...(rule.type === 'date' && type !== 'DATE' ? [bad(`${value} <> date_trunc('day', ${value})`, DATE_ALONE)] : []),
    ...rule.checks.map((check) => bad(brokenBy(check, value), dueBy(check))),
  ];
}

/** NaN is how tables of floats say that a number is missing. */
function valueIn(column: string, type: string): string {
  if (type === 'DOUBLE' || type === 'FLOAT') return `nullif(${column}, 'NaN'::${type})`;
  if (type.startsWith('DECIMAL')) return `CAST(${column} AS DOUBLE)`;
  if (type.startsWith('ENUM') || type === 'UUID') return `CAST(${column} AS VARCHAR)`;
  return column;
}

function brokenBy(check: ValueCheck, value: string): string {
  switch (check.kind) {
    case 'minimum':
      return `${value} < ${scalar(check.bound)}`;
    case 'exclusiveMinimum':
      return `${value} <= ${scalar(check.bound)}`;
    case 'maximum':
      return `${value} > ${scalar(check.bound)}`;
    case 'exclusiveMaximum':
      return `${value} >= ${scalar(check.bound)}`;
    case 'minLength':
      return `length(${value}) < ${check.length}`;
    case 'maxLength':
      return `length(${value}) > ${check.length}`;
    case 'pattern':
      return `NOT regexp_matches(${value}, ${literal(check.pattern)})`;
    case 'oneOf':
      // No value at all is one of none.
      return check.values.length > 0
        ? `${value} NOT IN (${check.values.map(scalar).join(', ')})`
        : `${value} IS NOT NULL`;
  }
}

/** Longest list that a message names whole. */
const NAMED = 10;

function dueBy(check: ValueCheck): string {
  switch (check.kind) {
    case 'minimum':
      return `${check.bound} or more`;
    case 'exclusiveMinimum':
      return `more than ${check.bound}`;
    case 'maximum':
      return `${check.bound} or less`;
    case 'exclusiveMaximum':
      return `less than ${check.bound}`;
    case 'minLength':
      return `a text of ${check.length} characters or more`;
    case 'maxLength':
      return `a text of ${check.length} characters or fewer`;
    case 'pattern':
      return `a text that matches ${check.pattern}`;
    case 'oneOf': {
      const named = check.values
        .slice(0, NAMED)
        .map((value) => (typeof value === 'string' ? `'${value}'` : `${value}`));
      const only = named.length === 1 && check.values.length === 1;
      return only ? `${named[0]}` : `one of ${named.join(', ')}${check.values.length > NAMED ? ', …' : ''}`;
    }
  }
}

function scalar(value: Scalar): string {
  if (typeof value === 'string') return literal(value);
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return `CAST(${literal(String(value))} AS DOUBLE)`;
}

function cureOf({ nullable }: ColumnRule): string {
  const cure = 'Correct the file or the schema, or import without one and reject such rows by preprocess.';
  return nullable ? cure : `${cure} A column that may lack values is .nullable() in the schema.`;
}
