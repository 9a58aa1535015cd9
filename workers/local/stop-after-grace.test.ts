import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { stopAfterGrace } from './stop-after-grace.ts';

const cancelled = { status: 'cancelled', output: null, error: 'The run was cancelled.' } as const;
const succeeded = { status: 'succeeded', output: 1, error: null } as const;

async function stopped(underWay: readonly string[]) {
  const cancel = new AbortController();
  const stop = stopAfterGrace(cancel.signal, () => underWay, 1);
  const fired = once(stop.signal, 'abort');
  cancel.abort();
  await fired;
  return stop;
}

describe('a cancelled local run', () => {
  it('is stopped hard when its grace is over, and says what was', async () => {
    const many = Array.from({ length: 12 }, (_, index) => `finally/wide[${index}]/note`);
    expect((await stopped(['onExit/note'])).judge(succeeded)).toEqual({
      ...cancelled,
      error: "The run was cancelled, and stopped hard after its grace of 1 ms: 'onExit/note'.",
    });
    expect((await stopped(many)).judge(cancelled).error).toContain("'finally/wide[9]/note', and 2 more.");
  });

  it('is what it was about to be where nothing went on', async () => {
    const stop = await stopped([]);
    expect(stop.judge(succeeded)).toEqual(succeeded);
    expect(stop.judge(cancelled).error).toBe('The run was cancelled, and stopped hard after its grace of 1 ms.');
  });

  it('that ends within its grace is not stopped', () => {
    const cancel = new AbortController();
    cancel.abort();
    const stop = stopAfterGrace(cancel.signal, () => ['a']);
    expect(stop.judge(cancelled)).toEqual(cancelled);
    expect(stop.signal.aborted).toBe(false);
  });
});
