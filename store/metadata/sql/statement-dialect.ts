import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Database } from './database.ts';
import type { SqlSession } from './sql-session.ts';
import type { SqlStatement, StatementResult } from './sql-statement.ts';

/** A database that takes statements: one to read, or a list of them in a transaction of its own. */
export interface StatementConnection {
  read(statement: SqlStatement): Promise<StatementResult>;
  write(statements: readonly SqlStatement[]): Promise<readonly StatementResult[]>;
  close(): Promise<void>;
}

/** How Kysely speaks a dialect. */
export interface Spoken {
  readonly adapter: () => DialectAdapter;
  readonly compiler: () => QueryCompiler;
}

/** Kysely's view of such a database: single statements. Transactions are lists of them, given to `transact`. */
export function statementDialect(connection: StatementConnection, { adapter, compiler }: Spoken): Dialect {
  return {
    createAdapter: adapter,
    createDriver: () => driverOf(connection),
    createIntrospector: () => {
      throw new Error('What tables there are is said by the migrations.');
    },
    createQueryCompiler: compiler,
  };
}

export function sessionOf(connection: StatementConnection, dialect: Dialect, project: string): SqlSession {
  const transact = async (queries: readonly CompiledQuery<unknown>[]) =>
    (await connection.write(queries.map(statementOf))).map(queryResult);
  return { project, db: new Kysely<Database>({ dialect }), transact: transact as SqlSession['transact'] };
}

export function statementOf({ sql, parameters }: CompiledQuery<unknown>): SqlStatement {
  return { sql, parameters };
}

function queryResult(result: StatementResult): QueryResult<unknown> {
  return { rows: [...result.rows], numAffectedRows: BigInt(result.changes) };
}

function driverOf(connection: StatementConnection): Driver {
  const only: DatabaseConnection = {
    executeQuery: (<R>(query: CompiledQuery) => execute(connection, query) as Promise<QueryResult<R>>) as never,
    streamQuery: () => {
      throw new Error('Results come whole; page through the table.');
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

async function execute(connection: StatementConnection, query: CompiledQuery): Promise<QueryResult<unknown>> {
  const statement = statementOf(query);
  if (query.query.kind === 'SelectQueryNode') return queryResult(await connection.read(statement));
  const [result] = await connection.write([statement]);
  return queryResult(result ?? { rows: [], changes: 0 });
}
