import { type CompiledQuery, type Kysely, sql } from 'kysely';
import { MetadataError } from '../metadata-store.ts';
import { ConstraintError } from './constraint-error.ts';
import { backfillReruns } from './migrations/backfill-reruns.ts';
import { backfills } from './migrations/backfills.ts';
import { cacheByPipeline } from './migrations/cache-by-pipeline.ts';
import { cacheClaims } from './migrations/cache-claims.ts';
import { events } from './migrations/events.ts';
import { firstTables } from './migrations/first-tables.ts';
import { gangs } from './migrations/gangs.ts';
import type { Migration } from './migrations/migration.ts';
import { notifications } from './migrations/notifications.ts';
import { pools } from './migrations/pools.ts';
import { priorities } from './migrations/priorities.ts';
import { retention } from './migrations/retention.ts';
import { runControl } from './migrations/run-control.ts';
import { schedules } from './migrations/schedules.ts';
import { secrets } from './migrations/secrets.ts';
import { taskListing } from './migrations/task-listing.ts';
import { triggers } from './migrations/triggers.ts';
import { waitingFirings } from './migrations/waiting-firings.ts';

export const MIGRATIONS: readonly Migration[] = [
  firstTables,
  cacheByPipeline,
  cacheClaims,
  runControl,
  schedules,
  taskListing,
  retention,
  backfills,
  pools,
  events,
  secrets,
  notifications,
  gangs,
  triggers,
  priorities,
  waitingFirings,
  backfillReruns,
];

/** The one table without a project: it is about the database, not about what is in it. */
interface SchemaVersions {
  schema_versions: { version: number; applied_at: number };
}

export interface MigrationTarget {
  /** What people know the database by: a file, an address. */
  readonly name: string;
  /** How one goes to another database: `set MILLRACE_HOME to another folder`. */
  readonly elsewhere: string;
  readonly db: Kysely<unknown>;
  readonly transact: (queries: readonly CompiledQuery[]) => Promise<unknown>;
}

/**
 * Brings a database to this version's schema. Safe when several processes open it at once: each migration begins by
 * taking its number, in its own transaction, so that just one of them makes it.
 *
 * @throws MetadataError `newerSchema` when a newer Millrace has been here.
 */
export async function migrate(target: MigrationTarget, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const db = target.db as Kysely<SchemaVersions>;
  await target.transact([createVersions(db)]);
  for (;;) {
    const version = await versionOf(db);
    const newest = migrations.at(-1)?.version ?? 0;
    if (version > newest) throw newerSchema(target, version, newest);
    const next = migrations.find((migration) => migration.version === version + 1);
    if (!next) return;
    try {
      await target.transact([takeNumber(db, next.version), ...next.statements(target.db)]);
    } catch (error) {
      if (!(error instanceof ConstraintError && error.constraint === 'unique')) throw error;
    }
  }
}

function createVersions(db: Kysely<SchemaVersions>): CompiledQuery {
  return db.schema
    .createTable('schema_versions')
    .ifNotExists()
    .addColumn('version', 'integer', (column) => column.primaryKey())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .compile();
}

function takeNumber(db: Kysely<SchemaVersions>, version: number): CompiledQuery {
  return db.insertInto('schema_versions').values({ version, applied_at: Date.now() }).compile();
}

async function versionOf(db: Kysely<SchemaVersions>): Promise<number> {
  const row = await db
    .selectFrom('schema_versions')
    .select(sql<number>`coalesce(max(version), 0)`.as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
}

function newerSchema({ name, elsewhere }: MigrationTarget, version: number, newest: number): MetadataError {
  return new MetadataError(
    'newerSchema',
    `${name} was made by a newer Millrace (schema ${version}; this one knows up to ${newest}). ` +
      `Upgrade this installation, or ${elsewhere}.`,
  );
}
