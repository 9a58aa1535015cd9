import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readColumns, withDuckDB, writeParquet } from '../../data/index.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { impurities } from './impure-sql.ts';
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
    ['now() > date', 'calls now()', 'Write the time out'],
    ['CURRENT_DATE > date', 'calls current_date', 'parameter of the pipeline'],
    ['current_timestamp > date', 'calls current_timestamp', 'Write the time out'],
    ['localtime IS NULL', 'calls localtime', 'Write the time out'],
    ['current_localtimestamp() > date', 'calls current_localtimestamp()', 'Write the time out'],
    ["age(TIMESTAMP '2001-01-01') > INTERVAL 1 YEAR", 'calls age() with one time', 'Give it two'],
    ['random() < 0.5', 'calls random()', 'Take hash(…)'],
    ['delay > list_sum(list_transform([1], x -> x + "Random"()))', 'calls random()', 'Take hash(…)'],
    ['uuid() IS NULL', 'calls uuid()', 'Take hash(…)'],
    ["current_setting('threads') > 1", 'calls current_setting()', 'Leave it out'],
    ["getenv('HOME') IS NULL", 'calls getenv()', 'Leave it out'],
    ["delay IN (FROM read_csv('/etc/passwd'))", 'asks a query of its own', 'importArtifact'],
    ["EXISTS (FROM read_parquet('https://example.com/x.parquet'))", 'asks a query of its own', 'importArtifact'],
    ["EXISTS (FROM query('SELECT random()'))", 'asks a query of its own', 'importArtifact'],
    ["EXISTS (FROM '/etc/passwd')", 'asks a query of its own', 'importArtifact'],
    ['EXISTS (FROM (SELECT unnest([1, 2])) USING SAMPLE 1)', 'asks a query of its own', 'list_filter'],
    ['EXISTS (WITH few AS (SELECT 1) FROM few TABLESAMPLE 10%)', 'asks a query of its own', 'list_filter'],
    ['row_number() OVER (PARTITION BY delay) > 1', 'calls row_number() over other rows', 'in a step'],
    ['sum(delay) OVER () > 1', 'calls sum() over other rows', 'in a step'],
    ['max(delay) > 1', 'makes one value of several rows, or rows of one', 'in a step'],
    ['reservoir_quantile(delay, 0.5) > 1', 'makes one value of several rows, or rows of one', 'in a step'],
    ['geomean(delay) > 1', 'makes one value of several rows, or rows of one', 'in a step'],
    ['unnest([true, false])', 'makes one value of several rows, or rows of one', 'in a step'],
    ['(SELECT max(n) FROM (VALUES (delay), (2)) AS v(n)) > 1', 'asks a query of its own', 'list_sum'],
    ['true) FROM range(2) AS r(n', 'asks a query of its own', 'list_sum'],
    ['true) UNION ALL SELECT (true', 'asks a query of its own', 'list_sum'],
    ["list_aggregate([delay], 'reservoir_quantile', 0.5) > 1", 'calls list_aggregate()', 'list_sum(…)'],
    ["true); COPY (SELECT 1) TO '/tmp/x'; SELECT (true", 'is more than an expression', 'without a semicolon'],
    ['true); SELECT (true', 'is more than an expression', 'without a semicolon'],
  ])('refuses what does not follow from the row: %s', async (sql, what, cure) => {
    const data = await source("SELECT DATE '2001-01-01' AS date, 10 AS delay");
    for (const [subject, part] of [
      ["Rule 'odd'", { reject: { odd: sql } }],
      ["Column 'odd'", { columns: { odd: sql } }],
    ] as const) {
      const input = preprocess.inputSchema.parse({ data, ...part });
      const refused = preprocess.handler({ input, task: await tasks.task('clean') });
      const message = `Task 'clean': ${subject} ${what}, and what it gives is kept for later runs`;
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toThrow(cure);
    }
  });

  it('takes what only looks like it: columns of such names, texts, lists, two times', async () => {
    const data = await source(`SELECT 1 AS current_date, 'now()' AS text, TIMESTAMP '2001-01-02' AS seen`);
    const columns = {
      day: 'current_date + 1',
      told: "text || ' random()'",
      days: "age(seen, TIMESTAMP '2001-01-01')",
      most: 'list_max([1, 2])',
      all: 'list_sum(list_transform(range(3), x -> x + 1))',
      kept: "CASE WHEN seen IS NULL THEN error('no time') ELSE hash(text) % 2 END",
    };
    const input = preprocess.inputSchema.parse({ data, columns });
    expect(await preprocess.handler({ input, task: await tasks.task('looks') })).toMatchObject({ rowsOut: 1 });
  });

  it('knows every function of the engine that is not a function of its arguments', async () => {
    const names = await withDuckDB(async (connection) => {
      const changing = `stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')`;
      const ours = `function_name NOT LIKE 'millrace_%'`;
      const query = `SELECT DISTINCT function_name FROM duckdb_functions() WHERE ${changing} AND ${ours}`;
      return (await connection.runAndReadAll(query)).getRows().map(([name]) => String(name));
    });
    const calls = names.map((name) => `${name}()`);
    const found = await withDuckDB((connection) => impurities(connection, calls, []));
    // It ends the task, and gives nothing that could be kept.
    expect(names.filter((_, index) => !found[index])).toEqual(['error']);
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
