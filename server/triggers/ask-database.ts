import pg from 'pg';
import type { BoundQuery } from '../../ir/partition-query.ts';
import { createPool } from '../../store/metadata/postgres/postgres-pool.ts';
import { type PostgresUrl, parsePostgresUrl } from '../../store/metadata/postgres/postgres-url.ts';

/** Milliseconds after which the database ends a query. */
const STATEMENT_MS = 10_000;

/** Asks a PostgreSQL database for numbers, over one connection. */
export interface Asker {
  /** @throws Error for a query that fails, takes too long, or gives something else than one number */
  ask(query: BoundQuery): Promise<number>;
  close(): Promise<void>;
}

/**
 * Reads the URL of somebody else's database. What this process may read is not theirs: no file of this machine is named by it.
 *
 * @param secret name of the one that the URL is, for people
 * @throws RangeError for what is no URL of a database, or names a file; without its password
 */
export function readDatabaseUrl(text: string, secret: string): PostgresUrl {
  const url = parsePostgresUrl(text, `Secret ${secret}`);
  const { sslRootCert: sslrootcert, sslCert: sslcert, sslKey: sslkey } = url;
  const [named] = Object.entries({ sslrootcert, sslcert, sslkey }).find(([, file]) => file !== null) ?? [];
  if (named === undefined) return url;
  throw new RangeError(
    `Secret ${secret} (${url.name}) has the parameter '${named}', which names a file of the API's machine: leave it out, and set the secret anew. sslmode=verify-full trusts the authorities that Node.js knows.`,
  );
}

/**
 * @param secret name of the one that the URL is, for people
 * @throws RangeError as `readDatabaseUrl` does
 */
export async function openAsker(url: string, secret: string, statementMs = STATEMENT_MS): Promise<Asker> {
  // Where the URL has no password, none is given: those of PGPASSWORD and .pgpass are of this process.
  const settings = { url: readDatabaseUrl(url, secret), passwordFile: null, password: '' };
  const pool = await createPool({ ...settings, connections: 1 }, 'millrace triggers');
  return {
    ask: async (query) => ask(await connected(pool, secret), query, statementMs),
    close: () => pool.end(),
  };
}

async function connected(pool: pg.Pool, secret: string): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The database that secret ${secret} names cannot be reached: ${why}`, { cause });
  }
}

/** In a transaction that writes nothing, whoever wrote the query. As a subquery, it can be nothing but a SELECT. */
async function ask(client: pg.PoolClient, { text, values }: BoundQuery, statementMs: number): Promise<number> {
  let failure: Error | undefined;
  try {
    await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${statementMs}`);
    // The line's end is for a query that ends with a comment; a second row is enough to refuse it.
    const asked = {
      // One statement alone, also where nothing is bound.
      queryMode: 'extended',
      text: `SELECT * FROM (${text}\n) AS counted LIMIT 2`,
      values: [...values],
      rowMode: 'array',
    } as const;
    const { rows } = await client.query<unknown[]>(asked);
    await client.query('ROLLBACK');
    return numberIn(rows);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw new Error(failureText(failure), { cause: error });
  } finally {
    // A connection that failed is not used again: nobody knows what it still does.
    client.release(failure);
  }
}

/** Tells how the query is wrong (class 42), that it took too long, or that it writes. */
const TELLS_NO_ROWS = /^(42...|57014|25006)$/;

/** PostgreSQL's messages can quote what stands in rows, which whoever may read the trigger may not all read. */
function failureText(failure: Error): string {
  const state = failure instanceof pg.DatabaseError ? failure.code : undefined;
  if (state === undefined) return `The query failed: ${failure.message}`;
  if (TELLS_NO_ROWS.test(state)) return `The query failed: ${failure.message} (SQLSTATE ${state})`;
  return `The query failed with SQLSTATE ${state}. What the database says of it can hold data, and is not told here: run the query by hand to see it.`;
}

function numberIn(rows: readonly (readonly unknown[])[]): number {
  const [row, ...more] = rows;
  const [value, ...others] = row ?? [];
  if (more.length === 0 && others.length === 0 && typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error('it has to give one number, in one row, as SELECT count(*) FROM … does.');
}
