import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, it } from 'vitest';
import { allLinesOf, startProgram } from '../../testing/child-process.ts';
import type { WriterLine } from '../../testing/writer-program.ts';
import { allChunks } from '../all-chunks.suite.ts';
import { metadataProcessesSuite } from '../metadata-processes.suite.ts';
import { openSqliteMetadata } from './open-sqlite-metadata.ts';

function ask<Row>(file: string, sql: string): readonly Row[] {
  const db = new Database(file);
  const rows = db.prepare(sql).all([]) as Row[];
  db.close();
  return rows;
}

const integrity = (file: string) =>
  ask<{ integrity_check: string }>(file, 'PRAGMA integrity_check')[0]?.integrity_check;

metadataProcessesSuite('SQLite file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-processes-'));
  const file = join(folder, 'metadata.sqlite');
  return {
    ...{ file, env: {} },
    open: () => openSqliteMetadata({ file, project: 'default' }),
    versions: async () => ask(file, 'select version from schema_versions'),
    remove: async () => {
      expect(integrity(file)).toBe('ok');
      await rm(folder, { recursive: true, force: true });
    },
  };
});

it.runIf(process.platform === 'linux')(
  'a SQLite file tells of a full disk, and keeps what was stored before',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-full-'));
    const file = join(folder, 'metadata.sqlite');
    const store = await openSqliteMetadata({ file, project: 'default' });
    await store.close();
    const limit = Math.ceil((await stat(file)).size / 1024) + 400;
    // The kernel refuses to let a file of this process grow further, as a full disk would.
    const settings = { file, writer: 'a', chunks: null, characters: 20_000 };
    const child = startProgram('./writer-program.ts', settings, { shellLimit: `ulimit -f ${limit}` });
    const lines = await allLinesOf<WriterLine>(child);
    expect(lines.at(-1)).toMatchObject({ error: { kind: 'noSpace', message: expect.stringContaining('Make room') } });
    expect(lines.length).toBeGreaterThan(2);

    const reopened = await openSqliteMetadata({ file, project: 'default' });
    expect(await allChunks(reopened.tasks, 'r')).toHaveLength(lines.length - 1);
    await reopened.close();
    expect(integrity(file)).toBe('ok');
    await rm(folder, { recursive: true });
  },
);
