import { beforeEach, describe, expect, it } from 'vitest';
import { logPages } from './all-chunks.suite.ts';
import { LISTED_ATTEMPT_BYTES, LISTED_ATTEMPTS, LISTED_FAILURE_BYTES, LISTED_MESSAGE } from './left-out.ts';
import type { SuiteContext } from './metadata-store.suite.ts';
import { newRun } from './run-table.suite.ts';
import { failure, transition } from './task-table.suite.ts';
import type { LogChunk } from './task-table.ts';

export function taskAttemptsSuite(context: () => SuiteContext): void {
  const task = { runId: 'r', path: 'train' };
  const key = (attempt: number) => ({ ...task, attempt });
  const start = (attempt: number, startedAt = attempt * 100) =>
    context().store.tasks.startAttempt({ ...key(attempt), worker: `w${attempt}`, queue: 'cpu', startedAt });
  const only = async () => (await context().store.tasks.attempts('r', 'train')).at(-1);
  const succeeded = { status: 'succeeded', at: 150, failure: null } as const;
  const failed = {
    status: 'failed',
    at: 160,
    failure: { kind: 'crash', name: 'Exit', message: 'exit 1', stack: null, retryable: true },
  } as const;

  describe('attempts', () => {
    // Those of tasks that are listed are.
    beforeEach(() =>
      context().store.tasks.record(
        'r',
        ['train', 'other', 'often', 'once'].map((path) => transition(path, 1)),
      ),
    );

    it('start, tell their progress and end', async () => {
      const { tasks } = context().store;
      await start(1);
      await tasks.progressAttempt(key(1), 0.5, 'half');
      expect(await only()).toMatchObject({
        worker: 'w1',
        status: 'running',
        progress: 0.5,
        message: 'half',
        endedAt: null,
      });
      expect(await tasks.endAttempt(key(1), failed)).toBe(true);
      expect(await only()).toMatchObject({ status: 'failed', endedAt: 160, failure: failed.failure });
    });

    it('under way on a worker are found by their runs, while these go on', async () => {
      const { runs, tasks } = context().store;
      for (const id of ['r', 's', 'over', 'idle']) await runs.create(newRun(id));
      const on = (runId: string, path: string, worker: string) =>
        tasks.startAttempt({ runId, path, attempt: 1, worker, queue: 'cpu', startedAt: 100 });
      for (const id of ['s', 'r', 'over']) await on(id, 'train', 'lost');
      await on('r', 'other', 'lost');
      await on('idle', 'train', 'other');
      await on('idle', 'once', 'lost');
      await tasks.endAttempt({ runId: 'idle', path: 'once', attempt: 1 }, succeeded);
      await runs.end('over', { status: 'failed', output: null, error: null, at: 200 });
      expect(await tasks.runsUnderWayOn('lost')).toEqual(['r', 's']);
      expect(await tasks.runsUnderWayOn('none')).toEqual([]);
    });

    it('are not started again by a doubled start', async () => {
      const { tasks } = context().store;
      await start(1, 100);
      await tasks.progressAttempt(key(1), 0.5, null);
      await start(1, 900);
      expect(await only()).toMatchObject({ startedAt: 100, progress: 0.5 });
    });

    it('begin anew when they are started after their end, until a later one has begun', async () => {
      const { tasks } = context().store;
      await start(1, 100);
      await tasks.endAttempt(key(1), failed);
      await start(1, 300);
      expect(await only()).toMatchObject({ status: 'running', startedAt: 300, endedAt: null, failure: null });
      expect(await tasks.endAttempt(key(1), succeeded)).toBe(true);
      await start(2, 400);
      await start(1, 500);
      expect((await tasks.attempts('r', 'train'))[0]).toMatchObject({ status: 'succeeded', startedAt: 300 });
      expect(await tasks.endAttempt(key(1), succeeded)).toBe(false);
    });

    it('that are told late begin anew where all others had ended before, and else take nobody’s place', async () => {
      const { tasks } = context().store;
      const late = (delivery: string, startedAt: number) =>
        tasks.startAttempt({ ...key(1), delivery, worker: 'w', queue: 'cpu', startedAt, late: true });
      const one = { ...key(1), delivery: 'one' };
      await late('one', 100);
      expect(await tasks.endAttempt(one, succeeded)).toBe(true);
      await late('zombie', 140);
      expect(await tasks.endAttempt({ ...key(1), delivery: 'zombie' }, failed)).toBe(false);
      expect(await only()).toMatchObject({ status: 'succeeded', startedAt: 100, endedAt: 150 });
      await late('again', 200);
      expect(await only()).toMatchObject({ status: 'running', startedAt: 200 });
      await late('zombie', 210);
      expect(await tasks.endAttempt({ ...key(1), delivery: 'zombie' }, failed)).toBe(false);
      expect(await tasks.endAttempt({ ...key(1), delivery: 'again' }, { ...succeeded, at: 250 })).toBe(true);
      expect(await only()).toMatchObject({ status: 'succeeded', endedAt: 250 });
    });

    it('are written by the delivery that started last, and by no other any more', async () => {
      const { tasks } = context().store;
      const one = { ...key(1), delivery: 'one' };
      const two = { ...key(1), delivery: 'two' };
      const line = { at: 1, level: 'info', stream: 'log', text: '' } as const;
      const tell = (delivery: typeof one, chunk: number, text: string) =>
        tasks.appendLog({ ...delivery, chunk, lines: [{ ...line, text }] });
      await tasks.startAttempt({ ...one, worker: 'stopped', queue: 'cpu', startedAt: 100 });
      expect(await tasks.saveCheckpoint(one, 'one')).toBe(true);
      await tell(one, 0, 'one begins');
      await tasks.startAttempt({ ...two, worker: 'w2', queue: 'cpu', startedAt: 200 });
      await tasks.startAttempt({ ...two, worker: 'w2', queue: 'cpu', startedAt: 900 });
      // The first goes on.
      expect(await tasks.saveCheckpoint(one, 'late')).toBe(false);
      await tasks.progressAttempt(one, 0.9, 'late');
      await tell(one, 1, 'one goes on');
      expect(await tasks.endAttempt(one, failed)).toBe(false);
      expect(await only()).toMatchObject({ worker: 'w2', status: 'running', startedAt: 200, progress: null });
      expect(await tasks.checkpoint('r', 'train')).toBe('one');

      await tell(two, 0, 'two begins');
      expect(await tasks.saveCheckpoint(two, 'two')).toBe(true);
      expect(await tasks.endAttempt(two, succeeded)).toBe(true);
      expect(await tasks.endAttempt(one, succeeded)).toBe(false);
      expect(await tasks.checkpoint('r', 'train')).toBe('two');
      const { chunks } = await tasks.logs('r');
      expect(chunks.flatMap(({ lines }) => lines.map(({ text }) => text))).toEqual(['one begins', 'two begins']);
    });

    it('take the same end twice and no other after it', async () => {
      const { tasks } = context().store;
      await start(1);
      expect(await tasks.endAttempt(key(1), succeeded)).toBe(true);
      expect(await tasks.endAttempt(key(1), succeeded)).toBe(true);
      expect(await tasks.endAttempt(key(1), failed)).toBe(false);
      await tasks.progressAttempt(key(1), 0.1, 'late');
      expect(await only()).toMatchObject({ status: 'succeeded', endedAt: 150, progress: null });
    });

    it('that a later one replaced are lost, and can neither progress nor end', async () => {
      const { tasks } = context().store;
      await start(1);
      await start(2);
      await tasks.progressAttempt(key(1), 0.9, 'zombie');
      expect(await tasks.endAttempt(key(1), succeeded)).toBe(false);
      const [first, second] = await tasks.attempts('r', 'train');
      expect(first).toMatchObject({ status: 'failed', endedAt: 200, progress: null, failure: { kind: 'worker' } });
      expect(second).toMatchObject({ status: 'running', worker: 'w2' });
    });

    it('that ended well before a later one began stay as they ended, and are not taken again', async () => {
      const { tasks } = context().store;
      await start(1);
      await tasks.endAttempt(key(1), failed);
      await start(2);
      expect(await tasks.endAttempt(key(1), failed)).toBe(false);
      expect((await tasks.attempts('r', 'train'))[0]).toMatchObject({ endedAt: 160, failure: failed.failure });
    });

    it('that start late, after a later one, do not count as running', async () => {
      await start(2);
      await start(1, 250);
      const [first, second] = await context().store.tasks.attempts('r', 'train');
      expect(first).toMatchObject({ attempt: 1, status: 'failed' });
      expect(second).toMatchObject({ attempt: 2, status: 'running' });
    });

    it('are listed by run and by path', async () => {
      const { tasks } = context().store;
      await start(1);
      await tasks.startAttempt({ runId: 'r', path: 'other', attempt: 1, worker: 'w', queue: 'gpu', startedAt: 1 });
      await tasks.startAttempt({ runId: 's', path: 'train', attempt: 1, worker: 'w', queue: 'gpu', startedAt: 1 });
      expect((await tasks.attempts('r')).map(({ path }) => path)).toEqual(['other', 'train']);
      expect(await tasks.attempts('r', 'other')).toHaveLength(1);
    });

    it('are listed as the newest of each task, its failures as far as there is room, from the newest on', async () => {
      const { tasks } = context().store;
      const where = { worker: 'w', queue: 'cpu', startedAt: 1 };
      const fail = async (path: string, attempt: number, length: number) => {
        await tasks.startAttempt({ runId: 'r', path, attempt, ...where });
        await tasks.progressAttempt({ runId: 'r', path, attempt }, 0.5, 'x'.repeat(2 * LISTED_MESSAGE));
        await tasks.endAttempt({ runId: 'r', path, attempt }, { status: 'failed', at: 2, failure: failure(length) });
      };
      for (let attempt = 1; attempt <= LISTED_ATTEMPTS + 3; attempt++) await fail('often', attempt, 10);
      await fail('once', 1, LISTED_FAILURE_BYTES);
      const listed = await tasks.attempts('r');
      const numbers = Array.from({ length: LISTED_ATTEMPTS }, (_, index) => index + 4);
      expect(listed.map(({ path, attempt }) => [path, attempt])).toEqual([
        ...numbers.map((attempt) => ['often', attempt]),
        ['once', 1],
      ]);
      const bytes = JSON.stringify(failure(LISTED_FAILURE_BYTES)).length;
      expect(listed.at(-1)).toMatchObject({ failure: null, leftOut: { failure: bytes } });
      const whole = { failure: failure(LISTED_FAILURE_BYTES), leftOut: null };
      expect(await tasks.attempts('r', 'once')).toMatchObject([whole]);
      expect(listed[0]).toMatchObject({ failure: failure(10), leftOut: null, message: 'x'.repeat(LISTED_MESSAGE) });

      const paths = Array.from({ length: LISTED_ATTEMPT_BYTES / 64_000 + 5 }, (_, index) => `t[${index}]`);
      await tasks.record(
        'r',
        paths.map((path) => transition(path, 1)),
      );
      for (const attempt of [1, 2]) for (const path of paths) await fail(path, attempt, 63_000);
      const ofNewest = (await tasks.attempts('r')).filter(({ path }) => path.startsWith('t['));
      const isThere = (number: number) =>
        ofNewest.filter(({ attempt, leftOut }) => attempt === number && leftOut === null);
      expect(isThere(1)).toEqual([]);
      expect(isThere(2).length).toBeGreaterThan(50);
      expect(await tasks.attempts('r', 't[3]')).toMatchObject([{ leftOut: null }, { leftOut: null }]);
    });

    it('cannot end without a start', async () => {
      await start(2);
      await expect(context().store.tasks.endAttempt(key(1), succeeded)).rejects.toMatchObject({ kind: 'notFound' });
    });
  });

  describe('checkpoints', () => {
    it('give the newest value, of whatever attempt', async () => {
      const { tasks } = context().store;
      expect(await tasks.checkpoint('r', 'train')).toBeUndefined();
      await start(1);
      expect(await tasks.saveCheckpoint(key(1), { epoch: 1 })).toBe(true);
      expect(await tasks.saveCheckpoint(key(1), { epoch: 2 })).toBe(true);
      await start(2);
      expect(await tasks.checkpoint('r', 'train')).toEqual({ epoch: 2 });
      expect(await tasks.saveCheckpoint(key(2), null)).toBe(true);
      expect(await tasks.checkpoint('r', 'train')).toBeNull();
      expect(await tasks.checkpoint('r', 'other')).toBeUndefined();
    });

    it('of an attempt that a later one replaced are refused, even before the later one saved any', async () => {
      const { tasks } = context().store;
      await start(1);
      await tasks.saveCheckpoint(key(1), { epoch: 1 });
      await start(2);
      expect(await tasks.saveCheckpoint(key(1), { epoch: 9 })).toBe(false);
      expect(await tasks.checkpoint('r', 'train')).toEqual({ epoch: 1 });
    });

    it('of a run that has ended are refused: whoever goes on in it is a zombie', async () => {
      const { runs, tasks } = context().store;
      await runs.create(newRun('r'));
      await start(1);
      expect(await tasks.saveCheckpoint(key(1), { epoch: 1 })).toBe(true);
      await runs.end('r', { status: 'cancelled', output: null, error: null, at: 200 });
      expect(await tasks.saveCheckpoint(key(1), { epoch: 2 })).toBe(false);
      expect(await tasks.checkpoint('r', 'train')).toEqual({ epoch: 1 });
    });

    it('do not fall back behind one of a later attempt whose start was never told', async () => {
      const { tasks } = context().store;
      await tasks.saveCheckpoint(key(2), 'newer');
      expect(await tasks.saveCheckpoint(key(1), 'older')).toBe(false);
      expect(await tasks.checkpoint('r', 'train')).toBe('newer');
    });
  });

  describe('logs', () => {
    const chunk = (path: string, number: number, text: string): LogChunk => ({
      runId: 'r',
      path,
      attempt: 1,
      chunk: number,
      lines: [{ at: 1, level: 'info', stream: 'stdout', text }],
    });
    const texts = (chunks: readonly LogChunk[]) => chunks.flatMap(({ lines }) => lines.map(({ text }) => text));

    it('come in order of writing, and the cursor leads on from there', async () => {
      const { tasks } = context().store;
      expect(await tasks.logs('r')).toEqual({ chunks: [], cursor: null });
      await tasks.appendLog(chunk('b', 0, 'first'));
      await tasks.appendLog(chunk('a', 0, 'second'));
      const first = await tasks.logs('r');
      expect(texts(first.chunks)).toEqual(['first', 'second']);
      expect(first.chunks[0]).toEqual(chunk('b', 0, 'first'));

      const idle = await tasks.logs('r', { after: first.cursor });
      expect(idle.chunks).toEqual([]);
      await tasks.appendLog(chunk('b', 1, 'third'));
      expect(texts((await tasks.logs('r', { after: idle.cursor })).chunks)).toEqual(['third']);
    });

    it('come by pages, of one task too, which together are all', async () => {
      const { tasks } = context().store;
      for (let number = 0; number < 7; number++) {
        await tasks.appendLog(chunk('a', number, `a${number}`));
        await tasks.appendLog(chunk('b', number, `b${number}`));
      }
      const ofB = await logPages(tasks, 'r', { path: 'b', limit: 3 });
      expect(ofB.map(texts)).toEqual([['b0', 'b1', 'b2'], ['b3', 'b4', 'b5'], ['b6']]);
      expect((await logPages(tasks, 'r', { limit: 10 })).map(({ length }) => length)).toEqual([10, 4]);
      await expect(tasks.logs('r', { limit: 0 })).rejects.toThrow('1 to 1000');
    });

    it('come by pages that are bounded, whatever was logged and nobody asked', async () => {
      const { tasks } = context().store;
      for (let number = 0; number < 60; number++) await tasks.appendLog(chunk('a', number, 'x'));
      expect((await tasks.logs('r')).chunks).toHaveLength(50);
      for (const [number, mebibytes] of [1, 2, 3, 6, 1].entries()) {
        await tasks.appendLog({ ...chunk('a', number, 'x'.repeat(mebibytes << 20)), runId: 'large' });
      }
      expect((await logPages(tasks, 'large')).map(({ length }) => length)).toEqual([2, 1, 1, 1]);
    });

    it('can be those of one task', async () => {
      const { tasks } = context().store;
      await tasks.appendLog(chunk('a', 0, 'mine'));
      await tasks.appendLog(chunk('b', 0, 'other'));
      await tasks.appendLog({ ...chunk('a', 0, 'another run'), runId: 's' });
      expect(texts((await tasks.logs('r', { path: 'a' })).chunks)).toEqual(['mine']);
    });

    it('have a chunk once, as it was first written', async () => {
      const { tasks } = context().store;
      await tasks.appendLog(chunk('a', 0, 'first'));
      await tasks.appendLog(chunk('a', 0, 'again'));
      expect(texts((await tasks.logs('r')).chunks)).toEqual(['first']);
    });

    it('lose no chunk when many are written at once', async () => {
      const { tasks } = context().store;
      await Promise.all(Array.from({ length: 40 }, (_, number) => tasks.appendLog(chunk('a', number, `${number}`))));
      expect((await tasks.logs('r')).chunks.map((each) => each.chunk).sort((left, right) => left - right)).toEqual(
        Array.from({ length: 40 }, (_, number) => number),
      );
    });
  });
}
