import { type CompiledQuery, Kysely } from 'kysely';
import type { MetadataStore } from '../metadata-store.ts';
import type { Database } from '../sql/database.ts';
import { migrate } from '../sql/migrate.ts';
import { sqlMetadataStore } from '../sql/sql-metadata-store.ts';
import type { SqlSession } from '../sql/sql-session.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { queryResult, sqliteDialect } from './sqlite-dialect.ts';

export interface SqliteMetadataOptions {
  /** Its folder exists, on a local disk: SQLite's locks do not hold on network file systems. */
  readonly file: string;
  readonly project: string;
}

/**
 * One project's metadata in a SQLite file, which is made and migrated as needed. Several processes may hold it open.
 *
 * @throws MetadataError `newerSchema`, `noSpace` or `unavailable`.
 */
export async function openSqliteMetadata({ file, project }: SqliteMetadataOptions): Promise<MetadataStore> {
  const connection = await SqliteConnection.open(file);
  const dialect = sqliteDialect(connection);
  const transact = async (queries: readonly CompiledQuery<unknown>[]) => {
    const results = await connection.write(queries.map(({ sql, parameters }) => ({ sql, parameters })));
    return results.map(queryResult);
  };
  try {
    await migrate({ name: file, db: new Kysely<unknown>({ dialect }), transact });
  } catch (error) {
    await connection.close();
    throw error;
  }
  const session: SqlSession = {
    project,
    db: new Kysely<Database>({ dialect }),
    transact: transact as SqlSession['transact'],
  };
  return sqlMetadataStore(session, () => connection.close());
}
