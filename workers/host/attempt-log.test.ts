import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLine } from '../../store/metadata/task-table.ts';
import { type AttemptLog, createAttemptLog } from './attempt-log.ts';
import { maskerOf } from './masker.ts';

let chunks: { chunk: number; lines: readonly LogLine[] }[] = [];
let log: AttemptLog;
beforeEach(() => {
  chunks = [];
  log = createAttemptLog(maskerOf({ key: 'two\nlines of it' }), async (chunk, lines) => {
    chunks.push({ chunk, lines });
  });
});
afterEach(() => log.close());

const texts = () => chunks.flatMap(({ lines }) => lines.map(({ text }) => text));

describe('the log of an attempt', () => {
  it('puts lines together that come in pieces, also the last one', async () => {
    for (const piece of ['a', 'b\r\nc', '\n', '\nd']) log.output('stdout', piece);
    await log.close();
    expect(texts()).toEqual(['ab', 'c', '', 'd']);
  });

  it('shows of a progress bar what a terminal would show', async () => {
    log.output('stderr', '10%\r20%\r100%\ndone\n');
    await log.close();
    expect(texts()).toEqual(['100%', 'done']);
    expect(log.stderrTail()).toBe('100%\ndone');
  });

  it('masks a secret that goes over lines', async () => {
    log.output('stdout', 'key: two\nlin');
    log.output('stdout', 'es of it.\n');
    await log.close();
    expect(texts()).toEqual(['key: ***.']);
  });

  it('cuts a line that has no end, and keeps the one after it', async () => {
    for (let piece = 0; piece < 5; piece += 1) log.output('stdout', 'x'.repeat(10_000));
    log.output('stdout', '\nnext\n');
    await log.close();
    expect(texts()).toEqual([`${'x'.repeat(16_384)}… (33616 more characters)`, 'next']);
  });

  it('numbers its chunks in order and keeps them small', async () => {
    for (let line = 0; line < 2_500; line += 1) log.line('info', String(line));
    await log.close();
    expect(chunks.map(({ chunk, lines }) => [chunk, lines.length])).toEqual([
      [0, 1_000],
      [1, 1_000],
      [2, 500],
    ]);
    expect(texts().at(-1)).toBe('2499');
  });

  it('is cut off, and says so, before it fills the disk', async () => {
    const line = 'x'.repeat(16_000);
    for (let count = 0; count < 5_000; count += 1) log.line('info', line);
    await log.close();
    expect(texts().length).toBeLessThan(4_300);
    expect(texts().at(-1)).toBe(
      'The log is cut off here: it is longer than 64 MiB. Write data as an artifact instead.',
    );
  });
});
