import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { StatementResult } from './sqlite-messages.ts';

/** Kysely's view of a SQLite thread: single statements. Transactions are lists of statements, given to `transact`. */
export function sqliteDialect(connection: SqliteConnection): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driverOf(connection),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

export function queryResult(result: StatementResult): QueryResult<unknown> {
  return { rows: [...result.rows], numAffectedRows: BigInt(result.changes) };
}

function driverOf(connection: SqliteConnection): Driver {
  const only: DatabaseConnection = {
    executeQuery: (<R>(query: CompiledQuery) => execute(connection, query) as Promise<QueryResult<R>>) as never,
    streamQuery: () => {
      throw new Error('The SQLite thread gives whole results; page through the table.');
    },
  };
  const refuse = async () => {
    throw new Error('A transaction is a list of statements here: use SqlSession.transact.');
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => only,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => undefined,
    destroy: () => connection.close(),
  };
}

async function execute(connection: SqliteConnection, query: CompiledQuery): Promise<QueryResult<unknown>> {
  const { sql, parameters } = query;
  if (query.query.kind === 'SelectQueryNode') return queryResult(await connection.read({ sql, parameters }));
  const [result] = await connection.write([{ sql, parameters }]);
  return queryResult(result ?? { rows: [], changes: 0 });
}
