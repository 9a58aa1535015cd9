export type DataErrorKind =
  /** Not there, not Parquet, or damaged. */
  | 'unreadable'
  /** A file that another process has open for writing. */
  | 'busy'
  | 'missingColumn'
  | 'columnType'
  | 'missingValue'
  /** Rows or columns that the schema of a table's rows does not allow, or a schema that cannot be checked. */
  | 'schema'
  /** SQL of a pipeline's author that does not fit its table. */
  | 'sql'
  | 'empty'
  /** Fewer or more rows arrived than the file says it has. */
  | 'incomplete'
  /** A later attempt has done what this one was to do. */
  | 'superseded';

/** Data that is not as it should be: the kind says how, the message names file and column and what to do next. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly kind: DataErrorKind;
  /** The same data is as wrong the next time, except where rows were lost on the way or somebody was just writing. */
  readonly retryable: boolean;

  constructor(kind: DataErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.retryable = kind === 'incomplete' || kind === 'busy';
  }
}

/** The first line of an error of an engine, without a full stop; the rest repeats the SQL. */
export function reasonOf(cause: unknown): string {
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return line.replace(/[.\s]+$/, '');
}
