/** What a driver is given and gives back. All of it is plain data, so that it can be told to a thread. */

export interface SqlStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export interface StatementResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
}
