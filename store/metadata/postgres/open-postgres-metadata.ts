import { type CompiledQuery, Kysely } from 'kysely';
import type { MetadataStore } from '../metadata-store.ts';
import { migrate } from '../sql/migrate.ts';
import { sqlMetadataStore } from '../sql/sql-metadata-store.ts';
import { sessionOf, statementOf } from '../sql/statement-dialect.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { createPool } from './postgres-pool.ts';
import type { PostgresSettings } from './postgres-settings.ts';
import { CREATE_WRITE_MARKS } from './write-marks.ts';

export interface PostgresMetadataOptions {
  readonly settings: PostgresSettings;
  readonly project: string;
  /** What the server lists the connections as: `millrace-workers`. */
  readonly application: string;
}

/**
 * One project's metadata in a PostgreSQL database, whose tables are made and migrated as needed. A server that cannot be
 * reached now is told of at once; one that goes away later is waited for.
 *
 * @throws MetadataError `newerSchema`, `noSpace` or `unavailable`.
 */
export async function openPostgresMetadata(options: PostgresMetadataOptions): Promise<MetadataStore> {
  const { settings, project, application } = options;
  const { name } = settings.url;
  const connection = new PostgresConnection(name, await createPool(settings, application), project);
  const dialect = postgresDialect(connection);
  try {
    await connection.changeSchema([CREATE_WRITE_MARKS]);
    await migrate({
      name,
      elsewhere: 'name another database in MILLRACE_METADATA',
      db: new Kysely<unknown>({ dialect }),
      transact: (queries: readonly CompiledQuery[]) => connection.changeSchema(queries.map(statementOf)),
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
  connection.beginPatience();
  return sqlMetadataStore(sessionOf(connection, dialect, project), () => connection.close());
}
