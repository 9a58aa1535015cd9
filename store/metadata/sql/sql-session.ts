import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Database } from './database.ts';

type Results<Queries extends readonly CompiledQuery<unknown>[]> = {
  [Index in keyof Queries]: Queries[Index] extends CompiledQuery<infer Row> ? QueryResult<Row> : never;
};

/** What the tables ask of a driver. They are written once, for every dialect that Kysely compiles to. */
export interface SqlSession {
  readonly project: string;
  /** For queries, and for single statements that stand alone. */
  readonly db: Kysely<Database>;
  /**
   * Runs the statements in order in one transaction, all or none, with no round trip between them: what one decides
   * by another's effect is said in SQL. Transactions are serial.
   *
   * @throws ConstraintError when a row breaks the schema.
   */
  transact<const Queries extends readonly CompiledQuery<unknown>[]>(queries: Queries): Promise<Results<Queries>>;
}
