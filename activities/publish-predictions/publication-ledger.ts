import type { DuckDBConnection } from '@duckdb/node-api';

/** Which publication a ledger's line is about. */
export interface LedgerKey {
  readonly table: string;
  /** Rows that belong together and are replaced together. */
  readonly partition: string;
  readonly runId: string;
  readonly taskPath: string;
}

interface LedgerLine {
  readonly digest: string;
  readonly attempt: number;
  readonly rows: number;
}

export interface Ledger {
  /** What the partition holds now, whoever published it. */
  readonly standing: { readonly digest: string; readonly runId: string; readonly rows: number } | null;
  /** The last that this very task of this very run has published, though others have published since. */
  readonly own: (LedgerLine & { readonly runId: string }) | null;
}

const STANDING = 'millrace_publications';
const HISTORY = 'millrace_publication_history';
/** Tables that publishing keeps for itself. */
export const RESERVED_TABLES: readonly string[] = [STANDING, HISTORY];

/**
 * One line a partition says what stands there; one line a task of a run says what it published last. Without the second,
 * a late attempt would be forgotten with the next run's publication, and could put its old rows back.
 */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS ${STANDING} (
    "table" VARCHAR, "partition" VARCHAR, digest VARCHAR, run_id VARCHAR, task_path VARCHAR, attempt INTEGER,
    rows BIGINT, published_at TIMESTAMP, PRIMARY KEY ("table", "partition"))`,
  `CREATE TABLE IF NOT EXISTS ${HISTORY} (
    "table" VARCHAR, "partition" VARCHAR, digest VARCHAR, run_id VARCHAR, task_path VARCHAR, attempt INTEGER,
    rows BIGINT, published_at TIMESTAMP, PRIMARY KEY ("table", "partition", run_id, task_path))`,
];

/** Reads the ledger, in the transaction that publishes: nobody else publishes in between. */
export async function readLedger(connection: DuckDBConnection, key: LedgerKey): Promise<Ledger> {
  for (const table of TABLES) await connection.run(table);
  const { table, partition, runId, taskPath } = key;
  const here = '"table" = $1 AND "partition" = $2';
  return {
    standing: await line(connection, `${STANDING} WHERE ${here}`, [table, partition]),
    own: await line(connection, `${HISTORY} WHERE ${here} AND run_id = $3 AND task_path = $4`, [
      table,
      partition,
      runId,
      taskPath,
    ]),
  };
}

async function line(connection: DuckDBConnection, from: string, values: string[]) {
  const answer = await connection.runAndReadAll(`SELECT digest, run_id, attempt, rows FROM ${from}`, values);
  const [found] = answer.getRows();
  if (!found) return null;
  const [digest, runId, attempt, rows] = found;
  return { digest: String(digest), runId: String(runId), attempt: Number(attempt), rows: Number(rows) };
}

/** Notes that the partition now holds these rows. */
export async function noteStanding(connection: DuckDBConnection, key: LedgerKey, entry: LedgerLine): Promise<void> {
  await note(connection, STANDING, key, entry);
}

/** Notes that the task has published, be it that the same rows stood there: its later deliveries change nothing. */
export async function noteOwn(connection: DuckDBConnection, key: LedgerKey, entry: LedgerLine): Promise<void> {
  await note(connection, HISTORY, key, entry);
}

async function note(connection: DuckDBConnection, into: string, key: LedgerKey, entry: LedgerLine): Promise<void> {
  const { table, partition, runId, taskPath } = key;
  const { digest, attempt, rows } = entry;
  await connection.run(`INSERT OR REPLACE INTO ${into} VALUES ($1, $2, $3, $4, $5, $6, $7, now()::TIMESTAMP)`, [
    table,
    partition,
    digest,
    runId,
    taskPath,
    attempt,
    BigInt(rows),
  ]);
}
