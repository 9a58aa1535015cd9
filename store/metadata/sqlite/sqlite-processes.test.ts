import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allLinesOf, exitOf, linesOf, startProgram } from '../../testing/child-process.ts';
import type { WriterLine, WriterSettings } from '../../testing/writer-program.ts';
import { allChunks } from '../all-chunks.suite.ts';
import { MIGRATIONS } from '../sql/migrate.ts';
import { openSqliteMetadata } from './open-sqlite-metadata.ts';

describe('one SQLite file and several processes', () => {
  let folder: string;
  let file: string;
  let children: ChildProcess[];
  const startWriter = (settings: Omit<WriterSettings, 'file'>, shellLimit = '') => {
    const child = startProgram('./writer-program.ts', { file, ...settings }, shellLimit);
    children.push(child);
    return child;
  };
  const integrity = () => {
    const db = new Database(file);
    const [row] = db.prepare('PRAGMA integrity_check').all([]) as { integrity_check: string }[];
    db.close();
    return row?.integrity_check;
  };

  beforeEach(async () => {
    children = [];
    folder = await mkdtemp(join(tmpdir(), 'millrace-processes-'));
    file = join(folder, 'metadata.sqlite');
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map(exitOf));
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps all that was acknowledged when one of four writers is killed in the middle', async () => {
    // Nobody has made the file: the four also migrate at once.
    const stored = new Map<string, number[]>();
    const follow = async (writer: string, chunks: number | null, killAfter: number | null) => {
      const child = startWriter({ writer, chunks, characters: 200 });
      const told: number[] = [];
      stored.set(writer, told);
      for await (const line of linesOf<WriterLine>(child)) {
        if ('error' in line) throw new Error(line.error.message);
        told.push(line.stored);
        if (killAfter !== null && told.length === killAfter) child.kill('SIGKILL');
      }
      return exitOf(child);
    };
    const exits = await Promise.all([
      follow('a', 150, null),
      follow('b', 150, null),
      follow('c', 150, null),
      follow('killed', null, 60),
    ]);
    expect(exits).toEqual([0, 0, 0, 'SIGKILL']);

    const store = await openSqliteMetadata({ file, project: 'default' });
    const chunks = await allChunks(store.tasks, 'r');
    await store.close();
    for (const [writer, told] of stored) {
      const kept = new Set(chunks.filter(({ path }) => path === writer).map(({ chunk }) => chunk));
      expect(told.filter((chunk) => !kept.has(chunk))).toEqual([]);
      // What was under way when the process was killed may be there though it was never told.
      if (writer !== 'killed') expect(kept.size).toBe(150);
    }
    expect(stored.get('killed')?.length).toBeGreaterThanOrEqual(60);
    expect(integrity()).toBe('ok');
  });

  it('is migrated once by processes that open it at the same moment', async () => {
    const writers = Array.from({ length: 4 }, (_, index) =>
      startWriter({ writer: `w${index}`, chunks: 1, characters: 1 }),
    );
    const told = await Promise.all(writers.map((child) => allLinesOf<WriterLine>(child)));
    expect(told).toEqual(writers.map(() => [{ stored: 0 }]));
    const db = new Database(file);
    expect(db.prepare('select version from schema_versions').all([])).toHaveLength(MIGRATIONS.length);
    db.close();
  });

  it('does not keep a process that forgets to close', async () => {
    const child = startWriter({ writer: 'a', chunks: 3, characters: 1, leaveOpen: true });
    expect(await allLinesOf<WriterLine>(child)).toEqual([{ stored: 0 }, { stored: 1 }, { stored: 2 }]);
    expect(await exitOf(child)).toBe(0);
  });

  it.runIf(process.platform === 'linux')('tells of a full disk, and keeps what was stored before', async () => {
    const store = await openSqliteMetadata({ file, project: 'default' });
    await store.close();
    const limit = Math.ceil((await stat(file)).size / 1024) + 400;
    // The kernel refuses to let a file of this process grow further, as a full disk would.
    const child = startWriter({ writer: 'a', chunks: null, characters: 20_000 }, `ulimit -f ${limit}`);
    const lines = await allLinesOf<WriterLine>(child);
    expect(lines.at(-1)).toMatchObject({ error: { kind: 'noSpace', message: expect.stringContaining('Make room') } });
    expect(lines.length).toBeGreaterThan(2);

    const reopened = await openSqliteMetadata({ file, project: 'default' });
    expect(await allChunks(reopened.tasks, 'r')).toHaveLength(lines.length - 1);
    await reopened.close();
    expect(integrity()).toBe('ok');
  });
});
