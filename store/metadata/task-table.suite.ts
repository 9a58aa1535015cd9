import { beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactRef } from '../../ir/artifact.ts';
import type { TaskFailure } from '../../ir/protocol/task-failure.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import { COPIED_POINTS, LISTED_BYTES, LISTED_FAILURE_BYTES, LISTED_METRICS, LISTED_VALUE_BYTES } from './left-out.ts';
import type { SuiteContext } from './metadata-store.suite.ts';

export function transition(path: string, sequence: number, changes: Partial<Transition> = {}): Transition {
  return {
    path,
    sequence,
    kind: 'task',
    step: 'train',
    status: 'running',
    at: sequence * 10,
    input: {},
    output: null,
    failure: null,
    cache: null,
    detail: {},
    ...changes,
  };
}

const ALL_THERE = { failure: null, cache: null, detail: null, input: null, output: null };

export function failure(length: number): TaskFailure {
  return { kind: 'handler', name: 'Error', message: 'x'.repeat(length), stack: null, retryable: true };
}

function artifact(digest: string): ArtifactRef {
  return { artifact: 'dataset', digest, uri: `file:///${digest}`, size: 3, metadata: { rows: 1 } };
}

export function taskTableSuite(context: () => SuiteContext): void {
  describe('tasks', () => {
    const life = [
      transition('a', 1, { status: 'waiting' }),
      transition('a', 2),
      transition('a', 5, { status: 'succeeded', output: { auc: 0.7 }, detail: { why: 'done' } }),
    ];
    const ended = { status: 'succeeded', sequence: 5, startedAt: 10, endedAt: 50, output: { auc: 0.7 } };
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    const inOrder = (order: readonly number[]) => order.flatMap((index) => life.slice(index, index + 1));

    it('are found in those of some runs in which they gave their output', async () => {
      const { tasks } = context().store;
      const statuses = { r: 'succeeded', s: 'cached', t: 'reused', u: 'failed', v: 'skipped', w: 'succeeded' } as const;
      for (const [id, status] of Object.entries(statuses)) await tasks.record(id, [transition('a', 1, { status })]);
      await tasks.record('x', [transition('b', 1, { status: 'succeeded' })]);
      const done = await tasks.doneIn(['r', 's', 't', 'u', 'v', 'x', 'none'], 'a');
      expect([...done].sort()).toEqual(['r', 's', 't']);
      expect(await tasks.doneIn([], 'a')).toEqual(new Set());
    });

    it.each(orders)('come out the same when transitions arrive as %i, %i, %i, each twice', async (...order) => {
      const { tasks } = context().store;
      for (const each of inOrder(order)) {
        await tasks.record('r', [each]);
        await tasks.record('r', [each]);
      }
      expect(await tasks.get('r', 'a')).toMatchObject(ended);
      expect(await tasks.list('r')).toHaveLength(1);
    });

    it('are listed without the values that are too large, whose sizes are told', async () => {
      const { tasks } = context().store;
      // As JSON, with its quotes.
      const most = 'x'.repeat(LISTED_VALUE_BYTES - 2);
      const over = `${most}x`;
      const told = (path: string, sequence: number, input: string, output: string) =>
        transition(path, sequence, { status: 'succeeded', input, output });
      await tasks.record('r', [told('a', 1, most, over), told('b', 2, over, most), told('c', 3, most, most)]);
      expect((await tasks.list('r')).map(({ input, output, leftOut }) => [input, output, leftOut])).toEqual([
        [most, null, { ...ALL_THERE, output: LISTED_VALUE_BYTES + 1 }],
        [null, most, { ...ALL_THERE, input: LISTED_VALUE_BYTES + 1 }],
        [most, most, null],
      ]);
      expect(await tasks.get('r', 'a')).toMatchObject({ input: most, output: over });
    });

    it('are listed without the values that come after too many', async () => {
      const { tasks } = context().store;
      // A little less, for what says that there is nothing takes some bytes too.
      const output = 'x'.repeat(LISTED_VALUE_BYTES - 20);
      const fit = LISTED_BYTES / LISTED_VALUE_BYTES / 2;
      const told = (index: number) => transition(`t[${index}]`, index, { status: 'succeeded', input: output, output });
      await tasks.record(
        'r',
        Array.from({ length: fit + 3 }, (_, index) => told(index)),
      );
      const listed = await tasks.list('r');
      expect(listed).toHaveLength(fit + 3);
      expect(listed.map(({ leftOut }) => leftOut === null)).toEqual(listed.map((_, index) => index >= 3));
      const bytes = LISTED_VALUE_BYTES - 18;
      expect(listed[0]).toMatchObject({ output: null, leftOut: { ...ALL_THERE, input: bytes, output: bytes } });
    });

    it('are listed without notes that are too large, and with why they failed before all else', async () => {
      const { tasks } = context().store;
      const note = 'x'.repeat(LISTED_VALUE_BYTES);
      const cache = { key: null, reason: 'off', detail: note, origin: null } as const;
      const large = transition('large', 0, { detail: { note }, cache, failure: failure(LISTED_FAILURE_BYTES) });
      await tasks.record('r', [large]);
      const leftOut = {
        ...{ input: null, output: null, failure: JSON.stringify(large.failure).length },
        ...{ cache: JSON.stringify(cache).length, detail: JSON.stringify({ note }).length },
      };
      expect(await tasks.list('r')).toMatchObject([{ detail: {}, cache: null, failure: null, leftOut }]);
      expect(await tasks.get('r', 'large')).toMatchObject(large);

      const output = note.slice(100);
      const fit = Math.ceil(LISTED_BYTES / LISTED_VALUE_BYTES) + 20;
      const told = Array.from({ length: fit }, (_, index) => transition(`t[${index}]`, index, { output }));
      const last = { status: 'failed', failure: failure(20_000), detail: { because: 'the end' } } as const;
      await tasks.record('s', [...told, transition('last', fit, last)]);
      expect((await tasks.list('s')).at(-1)).toMatchObject({ ...last, leftOut: null });
    });

    it.each(orders)('come out the same when one call brings %i, %i, %i', async (...order) => {
      const { tasks } = context().store;
      await tasks.record('r', inOrder(order));
      expect(await tasks.get('r', 'a')).toMatchObject(ended);
    });

    it('keep every field of the newest transition', async () => {
      const { tasks } = context().store;
      const newest = transition('a', 3, {
        status: 'failed',
        input: { n: 1 },
        failure: { kind: 'handler', name: 'TypeError', message: 'no', stack: null, retryable: true },
        cache: { key: 'k', reason: 'noEntry', detail: 'code differs', origin: null },
        detail: { left: 0.741, right: 0.7 },
      });
      await tasks.record('r', [newest]);
      expect(await tasks.get('r', 'a')).toEqual({ ...newest, runId: 'r', startedAt: null, endedAt: 30 });
    });

    it('are under way again when a later transition says so', async () => {
      const { tasks } = context().store;
      await tasks.record('r', [...life, transition('a', 6, { status: 'running' })]);
      expect(await tasks.get('r', 'a')).toMatchObject({ status: 'running', startedAt: 10, endedAt: null });
    });

    it('are told apart by run and path, and listed in order of sequence', async () => {
      const { tasks } = context().store;
      await tasks.record('r', [transition('b', 2), transition('a[0]', 3), transition('a', 1)]);
      await tasks.record('s', [transition('a', 9)]);
      expect((await tasks.list('r')).map(({ path }) => path)).toEqual(['a', 'b', 'a[0]']);
      expect(await tasks.get('s', 'a')).toMatchObject({ sequence: 9 });
      expect(await tasks.get('s', 'b')).toBeNull();
    });

    it('take a call of thousands, and one of none', async () => {
      const { tasks } = context().store;
      await tasks.record('r', []);
      await tasks.record(
        'r',
        Array.from({ length: 3_000 }, (_, index) => transition(`a[${index}]`, index)),
      );
      expect(await tasks.counts('r')).toMatchObject([{ address: 'a', tasks: 3_000 }]);
    });
  });

  describe('lineage', () => {
    it('leads from a run to its artifacts, and from an artifact to every task it stands by', async () => {
      const { tasks } = context().store;
      await tasks.record('r', [transition('split', 1, { status: 'succeeded', output: { training: artifact('d1') } })]);
      await tasks.record('r', [
        transition('train', 2, { input: { training: artifact('d1'), also: [artifact('d2')] } }),
      ]);
      await tasks.record('s', [transition('reuse', 1, { input: artifact('d1') })]);

      expect(await tasks.lineage({ runId: 'r' })).toEqual([
        { runId: 'r', path: 'split', direction: 'output', digest: 'd1' },
        { runId: 'r', path: 'train', direction: 'input', digest: 'd1' },
        { runId: 'r', path: 'train', direction: 'input', digest: 'd2' },
      ]);
      expect(await tasks.lineage({ digest: 'd1' })).toEqual([
        { runId: 'r', path: 'split', direction: 'output', digest: 'd1' },
        { runId: 'r', path: 'train', direction: 'input', digest: 'd1' },
        { runId: 's', path: 'reuse', direction: 'input', digest: 'd1' },
      ]);
    });

    it('has an edge once, however often it is told', async () => {
      const { tasks } = context().store;
      const told = transition('a', 1, { input: [artifact('d'), artifact('d')] });
      await tasks.record('r', [told, told]);
      await tasks.record('r', [told]);
      expect(await tasks.lineage({ digest: 'd' })).toHaveLength(1);
    });
  });

  describe('metrics', () => {
    // Those of tasks that are listed are.
    beforeEach(async () => {
      const paths = ['train', 'fit', 'a', 'b', 'other', 'test'];
      for (const run of ['r', 's']) {
        await context().store.tasks.record(
          run,
          paths.map((path) => transition(path, 0)),
        );
      }
    });

    it('keep the newest value of each name and step, whatever the number', async () => {
      const { tasks } = context().store;
      const key = { runId: 'r', path: 'train' };
      const attempt = { ...key, attempt: 1 };
      await tasks.saveMetrics(attempt, []);
      await tasks.saveMetrics(attempt, [
        { name: 'loss', step: 1, value: 0.5 },
        { name: 'loss', step: 2, value: Number.NaN },
      ]);
      await tasks.saveMetrics(attempt, [
        { name: 'loss', step: 1, value: 0.25 },
        { name: 'auc', step: 0, value: Number.NEGATIVE_INFINITY },
      ]);
      const auc = { ...key, name: 'auc', step: 0, value: Number.NEGATIVE_INFINITY };
      const loss = { ...key, name: 'loss', step: 2, value: Number.NaN };
      const items = [auc, { ...loss, step: 1, value: 0.25 }, loss];
      expect(await tasks.points('r')).toEqual({ items, cursor: null });
      expect(await tasks.metrics('r')).toEqual([
        { ...auc, points: 1 },
        { ...loss, points: 2 },
      ]);
      expect(await tasks.metrics('s')).toEqual([]);
    });

    it('are listed by their final value, else that of the last step', async () => {
      const { tasks } = context().store;
      const series = (name: string, ...steps: number[]) => steps.map((step) => ({ name, step, value: step + 0.5 }));
      for (const path of ['a', 'b']) {
        await tasks.saveMetrics({ runId: 'r', path, attempt: 1 }, [...series('x', 0, 1, 2), ...series('y', 7, 3)]);
      }
      expect((await tasks.metrics('r')).map(({ path, name, step, points }) => [path, name, step, points])).toEqual(
        ['a', 'b'].flatMap((path) => [
          [path, 'x', 0, 3],
          [path, 'y', 7, 2],
        ]),
      );
    });

    it('are given point by point, in pages, of a task or a name', async () => {
      const { tasks } = context().store;
      const named = (name: string, length: number) =>
        Array.from({ length }, (_, step) => ({ name, step, value: step }));
      await tasks.saveMetrics({ runId: 'r', path: 'a', attempt: 1 }, [...named('x', 3), ...named('y', 2)]);
      await tasks.saveMetrics({ runId: 'r', path: 'b', attempt: 1 }, named('x', 2));
      const all: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof tasks.points>> = await tasks.points('r', { limit: 2, cursor });
        all.push(...page.items.map(({ path, name, step }) => `${path} ${name} ${step}`));
        cursor = page.cursor;
      } while (cursor !== null);
      expect(all).toEqual(['a x 0', 'a x 1', 'a x 2', 'a y 0', 'a y 1', 'b x 0', 'b x 1']);
      expect((await tasks.points('r', { path: 'a', name: 'y' })).items).toHaveLength(2);
      await expect(tasks.points('r', { cursor: 'x' })).rejects.toThrow("'x' is no cursor of this list");
    });

    it('take a name and step that come twice in one call', async () => {
      const { tasks } = context().store;
      const key = { runId: 'r', path: 'train' };
      const metric = { name: 'loss', step: 1 };
      await tasks.saveMetrics({ ...key, attempt: 1 }, [
        { ...metric, value: 1 },
        { ...metric, value: 2 },
      ]);
      expect(await tasks.metrics('r')).toEqual([{ ...key, ...metric, value: 2, points: 1 }]);
    });

    it('of an attempt or a delivery that a later one replaced are not taken', async () => {
      const { tasks } = context().store;
      const key = { runId: 'r', path: 'train' };
      const first = { ...key, attempt: 1, delivery: 'a' };
      const again = { ...key, attempt: 1, delivery: 'b' };
      const second = { ...key, attempt: 2, delivery: 'c' };
      const where = { worker: 'w', queue: 'cpu', startedAt: 1 };
      const save = (attempt: typeof first, value: number, step = 0) =>
        tasks.saveMetrics(attempt, [{ name: 'auc', step, value }]);
      const values = async () => (await tasks.metrics('r')).map(({ value }) => value);
      await tasks.startAttempt({ ...first, ...where });
      await save(first, 0.1);
      await tasks.startAttempt({ ...again, ...where });
      await save(again, 0.2);
      await save(first, 0.3);
      expect(await values()).toEqual([0.2]);
      await tasks.startAttempt({ ...second, ...where });
      await save(second, 0.9);
      await save(again, 0.4);
      await save(again, 0.5, 7);
      expect((await tasks.points('r')).items).toHaveLength(1);
      expect(await values()).toEqual([0.9]);
    });

    it('of the task whose result another has are that one’s, too, however often it is told', async () => {
      const { tasks } = context().store;
      const from = (path: string) => ({
        status: 'cached' as const,
        cache: { key: 'k', reason: 'hit' as const, detail: '', origin: { runId: 'r', path } },
      });
      const auc = { name: 'auc', step: 0, value: 0.5 };
      await tasks.saveMetrics({ runId: 'r', path: 'train', attempt: 1 }, [auc, { name: 'loss', step: 3, value: 2 }]);
      const told = [
        transition('a', 1, from('train')),
        transition('b', 2, from('train')),
        transition('c', 3, from('x')),
      ];
      for (let times = 0; times < 2; times++) await tasks.record('s', told);
      expect(await tasks.metrics('s')).toEqual(
        ['a', 'b'].flatMap((path) => [
          { runId: 's', path, ...auc, points: 1 },
          { runId: 's', path, name: 'loss', step: 3, value: 2, points: 1 },
        ]),
      );
    });

    it('of a long series get those points along that tell most', async () => {
      const { tasks } = context().store;
      const key = { runId: 'r', path: 'train', attempt: 1 };
      const series = (name: string) =>
        Array.from({ length: COPIED_POINTS }, (_, index) => ({ name, step: index + 1, value: index }));
      await tasks.saveMetrics(key, [...series('a'), ...series('b'), { name: 'b', step: 0, value: 7 }]);
      const cache = { key: 'k', reason: 'reused', detail: '', origin: { runId: 'r', path: 'train' } } as const;
      await tasks.record('s', [transition('train', 1, { status: 'reused', cache })]);
      const half = COPIED_POINTS / 2;
      expect(await tasks.metrics('s')).toMatchObject([
        { name: 'a', step: COPIED_POINTS, points: half },
        { name: 'b', step: 0, value: 7, points: half },
      ]);
    });

    it('can be very many in one call', async () => {
      const { tasks } = context().store;
      const many = Array.from({ length: 1_200 }, (_, step) => ({ name: 'loss', step, value: 1 / (step + 1) }));
      await tasks.saveMetrics({ runId: 'r', path: 'train', attempt: 1 }, many);
      expect(await tasks.metrics('r')).toMatchObject([{ step: 0, value: 1, points: 1_200 }]);
      const names = Array.from({ length: LISTED_METRICS + 1 }, (_, index) => ({
        name: `m${index}`,
        step: 0,
        value: 1,
      }));
      await tasks.saveMetrics({ runId: 's', path: 'train', attempt: 1 }, names);
      expect(await tasks.metrics('s')).toHaveLength(LISTED_METRICS);
    });
  });
}
