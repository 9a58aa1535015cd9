import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB, withDuckDBFile, writeParquet } from '../../data/index.ts';
import type { Predictions } from '../../dsl/artifact-types.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { publishPredictions } from './publish-predictions.ts';

let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

async function predicted(query: string): Promise<Predictions> {
  const task = await tasks.task('source');
  return task.write('predictions', async (path) => {
    await withDuckDB((connection) => writeParquet(connection, query, path));
  });
}

interface Request {
  readonly predictions: Predictions;
  readonly database: string;
  readonly table?: string;
  readonly partition?: string;
  readonly runId?: string;
  readonly attempt?: number;
}

async function publish({ runId = 'run-1', attempt = 1, partition = '2001-06', ...fields }: Request) {
  const input = publishPredictions.inputSchema.parse({ table: `flight "delays"`, partition, ...fields });
  return publishPredictions.handler({ input, task: await tasks.task('publish', { runId }, attempt) });
}

async function ask(database: string, query: string) {
  const instance = await DuckDBInstance.create(database, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(query)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

async function change(database: string, statement: string) {
  await withDuckDBFile(database, (connection) => connection.run(statement));
}

const ASK = `SELECT "partition", run_id, id FROM "flight ""delays""" ORDER BY ALL`;

describe('publishPredictions', () => {
  it('replaces a partition whole, leaves others alone, and changes nothing when it is there', async () => {
    const database = join(tasks.folder, 'replace.duckdb');
    const may = await predicted('SELECT 1 AS id, 0.5::FLOAT AS probability');
    const june = await predicted('SELECT unnest([2, 3]) AS id, 0.5::FLOAT AS probability');
    const newer = await predicted('SELECT 4 AS id, 0.25::FLOAT AS probability');
    await publish({ predictions: may, database, partition: '2001-05' });
    expect(await publish({ predictions: june, database })).toMatchObject({ rows: 2, changed: true });
    expect(await publish({ predictions: june, database, runId: 'run-2' })).toMatchObject({ rows: 2, changed: false });
    expect(await ask(database, ASK)).toEqual([
      ['2001-05', 'run-1', 1],
      ['2001-06', 'run-1', 2],
      ['2001-06', 'run-1', 3],
    ]);
    await publish({ predictions: newer, database, runId: 'run-3' });
    expect(await ask(database, ASK)).toEqual([
      ['2001-05', 'run-1', 1],
      ['2001-06', 'run-3', 4],
    ]);
    expect(
      await ask(database, 'SELECT "partition", digest, run_id, rows FROM millrace_publications ORDER BY 1'),
    ).toEqual([
      ['2001-05', may.digest, 'run-1', '1'],
      ['2001-06', newer.digest, 'run-3', '1'],
    ]);
  });

  it('refuses an attempt that a later one has overtaken', async () => {
    const database = join(tasks.folder, 'late.duckdb');
    await publish({ predictions: await predicted('SELECT 1 AS id'), database, attempt: 2 });
    await expect(
      publish({ predictions: await predicted('SELECT 2 AS id'), database, attempt: 1 }),
    ).rejects.toMatchObject({
      kind: 'superseded',
      message: expect.stringContaining('attempt 1 comes too late'),
    });
    expect(await ask(database, ASK)).toEqual([['2001-06', 'run-1', 1]]);
  });

  it('refuses an attempt that a later one has overtaken, though another run has published since', async () => {
    const database = join(tasks.folder, 'zombie.duckdb');
    const older = await predicted('SELECT 1 AS id, 0.5::FLOAT AS probability');
    const newer = await predicted('SELECT unnest([2, 3]) AS id, 0.25::FLOAT AS probability');
    await publish({ predictions: older, database, runId: 'run-a', attempt: 2 });
    await publish({ predictions: newer, database, runId: 'run-b' });
    await expect(publish({ predictions: older, database, runId: 'run-a', attempt: 1 })).rejects.toMatchObject({
      kind: 'superseded',
      retryable: false,
      message: expect.stringContaining('It was replaced and changed nothing'),
    });
    expect(await ask(database, ASK)).toEqual([
      ['2001-06', 'run-b', 2],
      ['2001-06', 'run-b', 3],
    ]);
  });

  it('refuses an attempt whose run has ended, which it learns before it is done, though it never published', async () => {
    const database = join(tasks.folder, 'ended.duckdb');
    const newer = await predicted('SELECT 2 AS id');
    const older = await predicted('SELECT 1 AS id');
    await publish({ predictions: newer, database, runId: 'run-b' });
    const input = publishPredictions.inputSchema.parse({
      ...{ table: 'flight "delays"', partition: '2001-06', predictions: older, database },
    });
    const task = await tasks.task('publish', { runId: 'run-a' });
    const refused = new Error('Attempt 1 has ended already.');
    const ended = { ...task, checkpoint: () => Promise.reject(refused) };
    await expect(publishPredictions.handler({ input, task: ended })).rejects.toBe(refused);
    expect(await ask(database, ASK)).toEqual([['2001-06', 'run-b', 2]]);
    expect(await publishPredictions.handler({ input, task })).toMatchObject({ changed: true });
  });

  it('leaves the rows of a newer run when a publication is delivered again', async () => {
    const database = join(tasks.folder, 'again.duckdb');
    const older = await predicted('SELECT 1 AS id, 0.5::FLOAT AS probability');
    const newer = await predicted('SELECT unnest([2, 3]) AS id, 0.25::FLOAT AS probability');
    await publish({ predictions: older, database, runId: 'run-a' });
    // The same content in another run counts as published, too, though nothing changed.
    await publish({ predictions: older, database, runId: 'run-b' });
    await publish({ predictions: newer, database, runId: 'run-c' });
    const standing = [
      ['2001-06', 'run-c', 2],
      ['2001-06', 'run-c', 3],
    ];
    // A second attempt comes where the answer of the first was lost.
    for (const [runId, attempt] of [['run-a', 1] as const, ['run-b', 1] as const, ['run-a', 2] as const]) {
      const again = await publish({ predictions: older, database, runId, attempt });
      expect(again).toMatchObject({ rows: 1, changed: false });
      expect(await ask(database, ASK)).toEqual(standing);
    }
    expect(await publish({ predictions: older, database, runId: 'run-d' })).toMatchObject({ changed: true });
  });

  it('publishes again where rows or the table are gone', async () => {
    const database = join(tasks.folder, 'gone.duckdb');
    const predictions = await predicted('SELECT unnest([1, 2]) AS id');
    await publish({ predictions, database });
    for (const statement of [`DROP TABLE "flight ""delays"""`, `DELETE FROM "flight ""delays""" WHERE id = 2`]) {
      await change(database, statement);
      expect(await publish({ predictions, database })).toMatchObject({ rows: 2, changed: true });
      expect(await ask(database, ASK)).toEqual([
        ['2001-06', 'run-1', 1],
        ['2001-06', 'run-1', 2],
      ]);
    }
  });

  it('refuses the names of the tables that it keeps for itself, and a table that is not of its making', async () => {
    const database = join(tasks.folder, 'reserved.duckdb');
    const predictions = await predicted('SELECT 1 AS id');
    for (const table of ['millrace_publications', 'Millrace_Publication_History']) {
      await expect(publish({ predictions, database, table })).rejects.toThrow(
        `Table '${table}' is where publishing keeps its ledger, so no predictions go there. Name another table.`,
      );
    }
    await change(database, 'CREATE TABLE theirs (id INTEGER)');
    await expect(publish({ predictions, database, table: 'theirs' })).rejects.toThrow(/has other columns: .*partition/);
  });

  it('changes nothing when a table has other columns, and says so', async () => {
    const database = join(tasks.folder, 'columns.duckdb');
    await publish({ predictions: await predicted('SELECT 1 AS id'), database });
    const wider = await predicted('SELECT 2 AS id, 3 AS extra');
    await expect(publish({ predictions: wider, database })).rejects.toThrow(
      /has other columns: .*Publish to a new table/,
    );
    expect(await ask(database, ASK)).toEqual([['2001-06', 'run-1', 1]]);
  });

  it('refuses a column with the name of one that it adds', async () => {
    const predictions = await predicted('SELECT 1 AS "Run_ID"');
    const database = join(tasks.folder, 'names.duckdb');
    await expect(publish({ predictions, database })).rejects.toThrow(/Column 'Run_ID' of the predictions has the name/);
  });

  it('is worth another try when another process has the file open', async () => {
    const predictions = await predicted('SELECT 1 AS id');
    const database = join(tasks.folder, 'busy.duckdb');
    const open = `require('@duckdb/node-api').DuckDBInstance.create(${JSON.stringify(database)})`;
    const holder = spawn(process.execPath, [
      '-e',
      `${open}.then(() => console.log('open')); setInterval(() => {}, 1000);`,
    ]);
    await once(holder.stdout, 'data');
    await expect(publish({ predictions, database })).rejects.toMatchObject({ kind: 'busy', retryable: true });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await publish({ predictions, database })).toMatchObject({ rows: 1, changed: true });
  });

  it('says that a file is no database', async () => {
    const predictions = await predicted('SELECT 1 AS id');
    const task = await tasks.task('read');
    await expect(publish({ predictions, database: await task.read(predictions) })).rejects.toMatchObject({
      kind: 'unreadable',
    });
  });
});
