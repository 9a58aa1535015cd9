import { Kysely } from 'kysely';
import type { MetadataStore } from '../metadata-store.ts';
import { migrate } from '../sql/migrate.ts';
import { sqlMetadataStore } from '../sql/sql-metadata-store.ts';
import { sessionOf } from '../sql/statement-dialect.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

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
  const session = sessionOf(connection, dialect, project);
  try {
    await migrate({
      name: file,
      elsewhere: 'set MILLRACE_HOME to another folder',
      db: new Kysely<unknown>({ dialect }),
      transact: session.transact,
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
  return sqlMetadataStore(session, () => connection.close());
}
