import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allLinesOf, exitOf, linesOf, startProgram } from '../testing/child-process.ts';
import type { WriterLine, WriterSettings } from '../testing/writer-program.ts';
import { allChunks } from './all-chunks.suite.ts';
import type { MetadataStore } from './metadata-store.ts';
import { MIGRATIONS } from './sql/migrate.ts';

/** A database that nobody has made or opened yet, for one test. */
export interface UnopenedDatabase {
  /** How `writer-program.ts` finds it. */
  readonly file: string | null;
  readonly env: NodeJS.ProcessEnv;
  open(): Promise<MetadataStore>;
  /** The migrations that it says were made. */
  versions(): Promise<readonly unknown[]>;
  remove(): Promise<void>;
}

/** What every driver does for several processes that have one database open. */
export function metadataProcessesSuite(driver: string, create: () => Promise<UnopenedDatabase>): void {
  describe(`one ${driver} and several processes`, () => {
    let database: UnopenedDatabase;
    let children: ChildProcess[];
    const startWriter = (settings: Omit<WriterSettings, 'file'>) => {
      const child = startProgram('./writer-program.ts', { file: database.file, ...settings }, { env: database.env });
      children.push(child);
      return child;
    };

    beforeEach(async () => {
      children = [];
      database = await create();
    });
    afterEach(async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map(exitOf));
      await database.remove();
    });

    it('keeps all that was acknowledged when one of four writers is killed in the middle', async () => {
      // Nobody has made its tables: the four also migrate at once.
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

      const store = await database.open();
      const chunks = await allChunks(store.tasks, 'r');
      await store.close();
      for (const [writer, told] of stored) {
        const kept = new Set(chunks.filter(({ path }) => path === writer).map(({ chunk }) => chunk));
        expect(told.filter((chunk) => !kept.has(chunk))).toEqual([]);
        // What was under way when the process was killed may be there though it was never told.
        if (writer !== 'killed') expect(kept.size).toBe(150);
      }
      expect(stored.get('killed')?.length).toBeGreaterThanOrEqual(60);
    });

    it('is migrated once by processes that open it at the same moment', async () => {
      const writers = Array.from({ length: 4 }, (_, index) =>
        startWriter({ writer: `w${index}`, chunks: 1, characters: 1 }),
      );
      const told = await Promise.all(writers.map((child) => allLinesOf<WriterLine>(child)));
      expect(told).toEqual(writers.map(() => [{ stored: 0 }]));
      expect(await database.versions()).toHaveLength(MIGRATIONS.length);
    });

    it('does not keep a process that forgets to close', async () => {
      const child = startWriter({ writer: 'a', chunks: 3, characters: 1, leaveOpen: true });
      expect(await allLinesOf<WriterLine>(child)).toEqual([{ stored: 0 }, { stored: 1 }, { stored: 2 }]);
      expect(await exitOf(child)).toBe(0);
    });
  });
}
