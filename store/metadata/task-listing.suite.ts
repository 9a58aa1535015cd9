import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_STATUSES } from '../../ir/protocol/transition.ts';
import { LISTED_TASKS } from './left-out.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import { transition } from './task-table.suite.ts';
import type { ListedTask, TaskFilter } from './task-table.ts';

const ITEMS = ['trials[0]/train', 'trials[1]/train', 'trials[10]/train', 'trials[1]/test', 'tune#1/fit'];
const PATHS = ['load', 'trialsToo', ...ITEMS];
const TOLD = fc.record({ path: fc.constantFrom(...PATHS), status: fc.constantFrom(...TASK_STATUSES) });

export function taskListingSuite(context: () => SuiteContext): void {
  const pages = async (runId: string, filter: TaskFilter) => {
    const all: ListedTask[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await context().store.tasks.page(runId, { ...filter, cursor });
      all.push(...page.items);
      if (page.cursor === null) return all;
      cursor = page.cursor;
    }
  };
  const pathsOf = (tasks: readonly ListedTask[]) => tasks.map(({ path }) => path);

  describe('the listing of tasks', () => {
    it('has counts that are those of the rows, whatever came, in whatever order', async () => {
      let run = 0;
      const batches = fc.array(fc.array(TOLD, { maxLength: 8 }), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(batches, fc.integer({ min: -3, max: 3 }), async (told, shift) => {
          const { tasks } = context().store;
          const runId = `r${run++}`;
          let sequence = 10;
          for (const batch of told) {
            // Some come late: their sequence is smaller than what is known.
            const first = sequence;
            const transitions = batch.map(({ path, status }, index) =>
              transition(path, first + index * shift, { status }),
            );
            sequence += batch.length * shift;
            await tasks.record(runId, transitions);
          }
          const model = new Map<string, number>();
          for (const { path, kind, status } of await tasks.list(runId)) {
            const address = ITEMS.includes(path) ? path.replace(/\[\d+\]|#\d+/, '') : null;
            const key = JSON.stringify([address, kind, status]);
            model.set(key, (model.get(key) ?? 0) + 1);
          }
          const counts = await tasks.counts(runId);
          expect(
            new Map(counts.map((count) => [JSON.stringify([count.address, count.kind, count.status]), count.tasks])),
          ).toEqual(model);
        }),
        { numRuns: 25 },
      );
    });

    it('has no more than so many: what stands alone, what failed, what is under way, and the newest that ended', async () => {
      const { tasks } = context().store;
      const many = LISTED_TASKS + 500;
      const told = Array.from({ length: many }, (_, index) => {
        const status = index % 500 === 3 ? 'failed' : index % 500 === 4 ? 'running' : 'succeeded';
        return transition(`trials[${index}]/train`, index + 2, { status });
      });
      await tasks.record('r', [transition('trials', 1, { kind: 'fanOut' }), ...told]);
      const listed = await tasks.list('r');
      expect(listed).toHaveLength(LISTED_TASKS);
      const sequences = listed.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...sequences].sort((left, right) => left - right));
      const kept = (index: number) => index % 500 === 3 || index % 500 === 4;
      const must = told.flatMap(({ path }, index) => (kept(index) ? [path] : []));
      expect(pathsOf(listed)).toEqual(expect.arrayContaining(['trials', ...must, `trials[${many - 1}]/train`]));
      expect(pathsOf(listed)).not.toContain('trials[0]/train');
      expect(await tasks.counts('r')).toEqual([
        { address: null, kind: 'fanOut', status: 'running', tasks: 1 },
        { address: 'trials/train', kind: 'task', status: 'failed', tasks: 3 },
        { address: 'trials/train', kind: 'task', status: 'running', tasks: 3 },
        { address: 'trials/train', kind: 'task', status: 'succeeded', tasks: many - 6 },
      ]);
      expect(new Set(pathsOf(await pages('r', { limit: 1_000 }))).size).toBe(many + 1);
      const failed = await pages('r', { status: 'failed', limit: 2 });
      expect(pathsOf(failed)).toEqual(['trials[3]/train', 'trials[503]/train', 'trials[1003]/train']);
    });

    it('gives pages of a scope, an item or a round, and of nothing that is only named alike', async () => {
      const { tasks } = context().store;
      await tasks.record(
        'r',
        PATHS.map((path, index) => transition(path, index + 1)),
      );
      expect(pathsOf(await pages('r', { under: 'trials', limit: 1 })).sort()).toEqual(
        ITEMS.filter((path) => path.startsWith('trials[')).sort(),
      );
      expect(pathsOf(await pages('r', { under: 'trials[1]' })).sort()).toEqual(['trials[1]/test', 'trials[1]/train']);
      expect(pathsOf(await pages('r', { under: 'tune' }))).toEqual(['tune#1/fit']);
      expect(await pages('r', { under: 'load', status: 'failed' })).toEqual([]);
      await expect(tasks.page('r', { cursor: 'x' })).rejects.toThrow('no cursor');
    });
  });
}
