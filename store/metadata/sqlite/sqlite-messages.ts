import type { SqlStatement, StatementResult } from '../sql/sql-statement.ts';

/** What passes between a process and its SQLite thread. All of it is plain data that `postMessage` can copy. */

export interface ThreadSettings {
  readonly file: string;
  /** How long a transaction waits for another process's. */
  readonly busyTimeoutMs: number;
}

/** A write is a list of batches in one transaction; each batch is taken whole or not at all, the others stand. */
export type ThreadRequest =
  | { readonly id: number; readonly kind: 'read'; readonly statement: SqlStatement }
  | { readonly id: number; readonly kind: 'write'; readonly batches: readonly (readonly SqlStatement[])[] }
  | { readonly id: number; readonly kind: 'close' };

export interface ThreadFailure {
  readonly message: string;
  /** SQLite's name of the error, such as `SQLITE_FULL`; empty when it has none. */
  readonly code: string;
}

export type BatchOutcome =
  | { readonly ok: true; readonly results: readonly StatementResult[] }
  | { readonly ok: false; readonly failure: ThreadFailure };

/** One outcome for a read, one a batch for a write. The first reply, of id 0, says whether the file could be opened. */
export interface ThreadReply {
  readonly id: number;
  readonly outcomes: readonly BatchOutcome[];
}
