import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteMetadata } from './open-sqlite-metadata.ts';
import { SqliteConnection } from './sqlite-connection.ts';

describe('a SQLite metadata file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-file-'));
    file = join(folder, 'metadata.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const open = () => openSqliteMetadata({ file, project: 'default' });
  const look = <Row>(sql: string) => {
    const db = new Database(file);
    const rows = db.prepare(sql).all([]) as Row[];
    db.close();
    return rows;
  };

  it('that a newer Millrace made is refused, with the way out', async () => {
    await (await open()).close();
    look('insert into schema_versions values (99, 0) returning version');
    await expect(open()).rejects.toMatchObject({
      kind: 'newerSchema',
      message: expect.stringMatching(/schema 99; this one knows up to \d+.*Upgrade this installation/),
    });
  });

  it('has project first in the key of every table, and no table without one', async () => {
    await (await open()).close();
    const tables = look<{ name: string }>(
      "select name from sqlite_master where type = 'table' and name <> 'schema_versions' order by name",
    );
    expect(tables).toHaveLength(32);
    for (const { name } of tables) {
      const [first] = look<{ name: string }>(`select name from pragma_table_info('${name}') where pk = 1`);
      expect({ table: name, first: first?.name }).toEqual({ table: name, first: 'project' });
    }
  });

  it('has a row for every artifact that tasks speak of', async () => {
    const store = await open();
    const ref = { artifact: 'dataset', digest: 'd', uri: 'file:///d', size: 3, metadata: { rows: 1 } } as const;
    const base = { kind: 'task', step: 's', at: 1, failure: null, cache: null, detail: {} } as const;
    await store.tasks.record('r', [
      { ...base, path: 'p', sequence: 1, status: 'succeeded', input: [ref], output: ref },
    ]);
    await store.close();
    expect(look('select project, digest, kind, uri, size, metadata from artifacts')).toEqual([
      { project: 'default', digest: 'd', kind: 'dataset', uri: 'file:///d', size: 3, metadata: '{"rows":1}' },
    ]);
  });

  it('is in WAL mode, flushed at every commit, and holds to foreign keys', async () => {
    const connection = await SqliteConnection.open(file);
    const pragma = async (name: string) => (await connection.read({ sql: `pragma ${name}`, parameters: [] })).rows;
    expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }]);
    expect(await pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    await connection.close();
  });

  it('loses nothing of what was asked before close', async () => {
    const store = await open();
    const written = Promise.all(
      Array.from({ length: 500 }, (_, chunk) =>
        store.tasks.appendLog({ runId: 'r', path: 'p', attempt: 1, chunk, lines: [] }),
      ),
    );
    await store.close();
    await written;
    expect(look<{ n: number }>('select count(*) as n from log_chunks')).toEqual([{ n: 500 }]);
  });

  it('closes once, however often it is asked', async () => {
    const store = await open();
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await expect(store.cache.get(['k'])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('takes a record whole or not at all', async () => {
    const store = await open();
    const base = { kind: 'task', step: 's', status: 'running', at: 1, input: null, output: null } as const;
    const good = { ...base, path: 'good', sequence: 1, failure: null, cache: null, detail: {} };
    await expect(store.tasks.record('r', [good, { ...good, path: 'bad', sequence: Number.NaN }])).rejects.toThrow(
      'NOT NULL',
    );
    expect(await store.tasks.list('r')).toEqual([]);
    await store.close();
  });

  it('takes the writes beside one that is refused', async () => {
    const store = await open();
    const move = (to: number) =>
      store.registry.moveAlias({ model: 'm', alias: 'a', to, by: '', reason: '', runId: null, evidence: {} });
    const outcomes = await Promise.allSettled([
      store.tasks.appendLog({ runId: 'r', path: 'p', attempt: 1, chunk: 0, lines: [] }),
      move(7),
      store.tasks.appendLog({ runId: 'r', path: 'p', attempt: 1, chunk: 1, lines: [] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.tasks.logs('r')).chunks).toHaveLength(2);
    await store.close();
  });

  it('that another process keeps locked is named when patience ends', async () => {
    await (await open()).close();
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const connection = await SqliteConnection.open(file, 20);
    await expect(connection.write([])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('stayed locked by another process'),
    });
    other.exec('ROLLBACK');
    other.close();
    await expect(connection.write([])).resolves.toEqual([]);
    await connection.close();
  });

  it('refuses what cannot be told to its thread, and goes on', async () => {
    const connection = await SqliteConnection.open(file);
    const impossible = { sql: 'select ?', parameters: [() => 1] };
    await expect(connection.write([impossible])).rejects.toThrow('could not be cloned');
    await expect(connection.read({ sql: 'select 1 as one', parameters: [] })).resolves.toMatchObject({
      rows: [{ one: 1 }],
    });
    await connection.close();
  });

  it('that is none is left alone and named', async () => {
    await writeFile(file, 'not a database '.repeat(1_000));
    await expect(open()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`${file} is not a whole SQLite file`),
    });
  });

  it('in a folder that is missing is named', async () => {
    file = join(folder, 'missing', 'metadata.sqlite');
    await expect(open()).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining(file) });
  });
});
