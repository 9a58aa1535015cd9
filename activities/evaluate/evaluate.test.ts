import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDuckDB, writeParquet } from '../../data/index.ts';
import type { Predictions } from '../../dsl/artifact-types.ts';
import { createLocalTasks, type LocalTasks } from '../local-task.suite.ts';
import { calibrationError, calibrationTable } from './calibration.ts';
import { evaluate } from './evaluate.ts';
import { classificationMetrics } from './ranking-metrics.ts';

let tasks: LocalTasks;
beforeAll(async () => {
  tasks = await createLocalTasks();
});
afterAll(() => tasks.remove());

async function predicted(rows: string): Promise<Predictions> {
  const query = `SELECT probability::FLOAT AS probability, late, origin FROM (VALUES ${rows}) AS t(probability, late, origin)`;
  const task = await tasks.task('source');
  return task.write('predictions', async (path) => {
    await withDuckDB((connection) => writeParquet(connection, query, path));
  });
}

describe('classificationMetrics', () => {
  it('has the AUC that counting all pairs gives, ties by half', () => {
    const row = fc.record({ said: fc.integer({ min: 0, max: 8 }), came: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 60 }), (rows) => {
        const ones = rows.filter(({ came }) => came);
        const zeros = rows.filter(({ came }) => !came);
        const pairs = ones.flatMap((one) => zeros.map((zero) => Math.sign(one.said - zero.said) / 2 + 0.5));
        const expected = pairs.length === 0 ? null : pairs.reduce((sum, pair) => sum + pair) / pairs.length;
        const { auc } = classificationMetrics(
          Float32Array.from(rows, ({ said }) => said / 8),
          Uint8Array.from(rows, ({ came }) => Number(came)),
        );
        if (expected === null) expect(auc).toBeNull();
        else expect(auc).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('knows the losses of simple cases', () => {
    const metrics = classificationMetrics(Float32Array.of(0.5, 0.5, 0.25, 0.25), Uint8Array.of(1, 0, 0, 1));
    expect(metrics).toMatchObject({ rows: 4, baseRate: 0.5, auc: 0.5, baseLogLoss: Math.LN2 });
    expect(metrics.logLoss).toBeCloseTo((2 * Math.log(2) + Math.log(4 / 3) + Math.log(4)) / 4, 12);
    expect(metrics.brier).toBeCloseTo((0.25 + 0.25 + 0.0625 + 0.5625) / 4, 12);
    expect(classificationMetrics(Float32Array.of(1, 0), Uint8Array.of(0, 1)).logLoss).toBeCloseTo(49 * Math.LN2, 3);
  });
});

describe('calibrationTable', () => {
  it('counts each row once, the ends included', () => {
    const table = calibrationTable(Float32Array.of(0, 0.05, 0.5, 1), Uint8Array.of(0, 1, 1, 1));
    expect(table.map(({ rows }) => rows)).toEqual([2, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(table[0]?.observed).toBe(0.5);
    expect(table[0]?.predicted).toBeCloseTo(0.025);
    expect(calibrationError(table)).toBeCloseTo((2 * 0.475 + 0.5 + 0) / 4, 6);
  });
});

describe('evaluate', () => {
  const GOOD = "(0.9, 1, 'A'), (0.8, 1, 'A'), (0.2, 0, 'A'), (0.3, 0, 'B'), (0.4, 1, 'B')";
  const POOR = "(0.9, 1, 'A'), (0.1, 1, 'A'), (0.2, 0, 'A'), (0.5, 0, 'B'), (0.4, 1, 'B')";

  it('gives a gate its numbers, people a report, and compares with the champion', async () => {
    const input = evaluate.inputSchema.parse({
      predictions: await predicted(GOOD),
      champion: await predicted(POOR),
      label: 'late',
      slices: ['origin'],
    });
    const task = await tasks.task('evaluate');
    const output = evaluate.outputSchema.parse(await evaluate.handler({ input, task }));
    expect(output).toMatchObject({ rows: 5, baseRate: 0.6, auc: 1, championAuc: 0.5, aucGain: 0.5, noWorse: true });
    const report = JSON.parse(await readFile(await task.read(output.report), 'utf8'));
    expect(report.slices).toEqual([
      expect.objectContaining({ column: 'origin', value: 'A', rows: 3, auc: 1 }),
      expect.objectContaining({ column: 'origin', value: 'B', rows: 2, auc: 1 }),
    ]);
    expect(tasks.metrics.get('evaluate')).toMatchObject({ auc: 1, championAuc: 0.5 });
  });

  it('says that a model is worse than the champion, and by slices how it did', async () => {
    const input = evaluate.inputSchema.parse({
      predictions: await predicted(POOR),
      champion: await predicted(GOOD),
      label: 'late',
      slices: ['origin'],
    });
    const lines: string[] = [];
    const task = await tasks.task('worse');
    const log = { ...task.log, info: (line: string) => void lines.push(line) };
    const output = await evaluate.handler({ input, task: { ...task, log } });
    expect(output).toMatchObject({ aucGain: -0.5, noWorse: false });
    expect(lines).toEqual([
      expect.stringMatching(/^AUC 0\.5000, log loss .* over 5 rows, base rate 0\.6000\.$/),
      expect.stringMatching(/^The champion has AUC 1\.0000, /),
      'AUC by origin, of its 2 largest: best A 0.5000, B 0.0000.',
    ]);
  });

  it('says null for a champion that there is not', async () => {
    const input = evaluate.inputSchema.parse({ predictions: await predicted(GOOD), label: 'late' });
    const output = await evaluate.handler({ input, task: await tasks.task('alone') });
    expect(output).toMatchObject({ championAuc: null, aucGain: null, noWorse: true });
  });

  it('refuses labels that are not 0 and 1, labels all alike, and a champion of other rows', async () => {
    const run = async (fields: object) =>
      evaluate.handler({
        input: evaluate.inputSchema.parse({ label: 'late', predictions: await predicted(GOOD), ...fields }),
        task: await tasks.task('bad'),
      });
    await expect(run({ predictions: await predicted("(0.9, 2, 'A')") })).rejects.toThrow(
      /'late' of .* has 2; .* expects 0 and 1/,
    );
    await expect(run({ predictions: await predicted("(0.9, NULL, 'A')") })).rejects.toThrow(/has a null/);
    await expect(run({ predictions: await predicted("(0.9, 1, 'A')") })).rejects.toThrow(/the same in all 1 rows/);
    await expect(run({ champion: await predicted("(0.9, 1, 'A')") })).rejects.toThrow(
      /not predictions of the same rows/,
    );
    await expect(run({ label: 'early' })).rejects.toThrow(/no column 'early'/);
  });
});
