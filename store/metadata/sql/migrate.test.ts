import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompiledQuery, Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteConnection } from '../sqlite/sqlite-connection.ts';
import { sqliteDialect } from '../sqlite/sqlite-dialect.ts';
import { MIGRATIONS, type MigrationTarget, migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';

describe('migrate', () => {
  let folder: string;
  let connection: SqliteConnection;
  let target: MigrationTarget;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-migrate-'));
    connection = await SqliteConnection.open(join(folder, 'db'));
    const db = new Kysely<unknown>({ dialect: sqliteDialect(connection) });
    const transact = (queries: readonly CompiledQuery[]) =>
      connection.write(queries.map(({ sql, parameters }) => ({ sql, parameters })));
    target = { name: 'db', elsewhere: 'go elsewhere', db, transact };
  });
  afterEach(async () => {
    await connection.close();
    await rm(folder, { recursive: true, force: true });
  });

  const rows = async (statement: string) => (await connection.read({ sql: statement, parameters: [] })).rows;
  const next = (...statements: readonly string[]): Migration => ({
    version: MIGRATIONS.length + 1,
    statements: (db) => statements.map((statement) => sql.raw(statement).compile(db)),
  });

  it('numbers its migrations without gaps, from 1', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it('brings an older database forward and keeps what is in it', async () => {
    await migrate(target);
    await connection.write([
      { sql: "insert into replicas values ('default', 'a', 'http://a', '{}', 5)", parameters: [] },
    ]);
    await migrate(target, [...MIGRATIONS, next('alter table replicas add column zone text')]);
    expect(await rows('select id, zone from replicas')).toEqual([{ id: 'a', zone: null }]);
    await expect(migrate(target)).rejects.toMatchObject({ kind: 'newerSchema' });
  });

  it('gives what an older version kept in the cache the pipelines of its runs', async () => {
    await migrate(target, MIGRATIONS.slice(0, 1));
    const statement = (text: string) => ({ sql: text, parameters: [] });
    await connection.write([
      statement(`insert into runs (project, id, pipeline, compiled_digest, driver, runner, params, status, output,
        submitted_by, pipeline_version, created_at) values ('default', 'r', 'churn', '', 'local', '', '', '', '', '', 1, 1)`),
      ...['r', 'gone'].map((run) =>
        statement(`insert into cache_entries (project, key, step, output, run_id, path, parts, created_at)
          values ('default', 'of-${run}', 's', '1', '${run}', 'p', '{}', 1)`),
      ),
    ]);
    await migrate(target);
    expect(await rows('select key, pipeline from cache_entries order by key')).toEqual([
      { key: 'of-gone', pipeline: '' },
      { key: 'of-r', pipeline: 'churn' },
    ]);
  });

  it('does nothing to a database that is up to date', async () => {
    await migrate(target);
    const before = await rows('select * from schema_versions');
    await migrate(target);
    expect(await rows('select * from schema_versions')).toEqual(before);
  });

  it('goes on from where another process has come between its look and its step', async () => {
    let others = 0;
    const transact: MigrationTarget['transact'] = async (queries) => {
      others += 1;
      // The first transaction makes the table of versions; before the second, another process does all the work.
      if (others === 2) await migrate(target);
      return target.transact(queries);
    };
    await migrate({ ...target, transact });
    expect(others).toBe(2);
    expect(await rows('select count(*) as n from schema_versions')).toEqual([{ n: MIGRATIONS.length }]);
  });

  it('leaves the database as it was when a migration fails half way', async () => {
    await migrate(target);
    const schema = 'select sql from sqlite_master order by sql';
    const before = await rows(schema);
    await expect(
      migrate(target, [...MIGRATIONS, next('create table half (a text)', 'alter table nowhere add column b text')]),
    ).rejects.toThrow('nowhere');
    expect(await rows(schema)).toEqual(before);
    expect(await rows('select max(version) as version from schema_versions')).toEqual([{ version: MIGRATIONS.length }]);
  });
});
