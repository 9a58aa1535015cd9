import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumns, withDuckDB, writeParquet } from '../../data/index.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { preprocess } from './preprocess.ts';

let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

async function source(query: string) {
  const task = await tasks.task('source');
  return task.write('dataset', async (path) => {
    await withDuckDB((connection) => writeParquet(connection, query, path));
  });
}

const ROWS = `SELECT * FROM (VALUES (10, 5, 'A', 'B'), (20, 0, 'A', 'B'), (900, 0, 'A', 'A'), (30, 7, 'C', 'C'), (NULL, 9, 'C', 'D'), (16, 8, 'D', 'C'))
  AS t(delay, distance, origin, destination)`;

describe('preprocess', () => {
  it('leaves out what breaks a rule, counts it for the first that it breaks, and keeps order and row numbers', async () => {
    const input = preprocess.inputSchema.parse({
      data: await source(ROWS),
      rowId: 'flight_id',
      reject: {
        'no distance': 'distance <= 0',
        'goes nowhere': 'origin = destination',
        'more than a day': 'delay > 1440',
      },
      columns: { late: 'delay >= 15', route: "origin || '-' || destination" },
    });
    const { data, ...counts } = await preprocess.handler({ input, task: await tasks.task('preprocess') });
    // The row whose delay is null breaks no rule: a rule that cannot tell does not reject.
    expect(counts).toEqual({
      rowsIn: 6,
      rowsOut: 3,
      rejected: { 'no distance': 2, 'goes nowhere': 1, 'more than a day': 0 },
    });
    const path = await (await tasks.task('reader')).read(data);
    const { columns } = await readColumns(path, { flight_id: 'number', late: 'number', route: 'text' });
    expect([...columns.flight_id.values]).toEqual([0, 4, 5]);
    expect([...columns.late.values]).toEqual([0, Number.NaN, 1]);
    expect(columns.route.dictionary).toEqual(['A-B', 'C-D', 'D-C']);
    expect(data.metadata).toEqual({
      rows: 3,
      columns: [
        { name: 'flight_id', type: 'BIGINT' },
        { name: 'late', type: 'BOOLEAN' },
        { name: 'route', type: 'VARCHAR' },
      ],
    });
    expect(tasks.metrics.get('preprocess')).toEqual({ rowsIn: 6, rowsOut: 3 });
  });

  it('gives the same digest again', async () => {
    const input = preprocess.inputSchema.parse({ data: await source(ROWS), reject: { odd: 'delay % 20 = 10' } });
    const once = await preprocess.handler({ input, task: await tasks.task('once') });
    const again = await preprocess.handler({ input, task: await tasks.task('again') });
    expect(again.data.digest).toBe(once.data.digest);
    expect(once.data.digest).not.toBe(input.data.digest);
  });

  it.each([
    [
      { reject: { wind: 'wind > 3' } },
      /Rule 'wind' is no SQL for these columns: wind > 3 — .*"wind" not found in FROM/,
    ],
    [{ columns: { late: 'delay >=' } }, /Column 'late' is no SQL/],
    [{ reject: { text: 'origin' } }, /Rule 'text' is no SQL|Could not convert/],
    [{ rowId: 'delay' }, /`rowId` is 'delay', but .* has a column of that name/],
    [{ rowId: 'id', columns: { id: '1' } }, /`rowId` is 'id', but `columns` has/],
    [{ reject: { all: 'true' } }, /No row of .* is left of 6\. Rejected: all: 6/],
  ])('says whose SQL does not fit, and when no row is left: %j', async (options, message) => {
    const input = preprocess.inputSchema.parse({ data: await source(ROWS), ...options });
    await expect(preprocess.handler({ input, task: await tasks.task('bad') })).rejects.toThrow(message);
  });
});
