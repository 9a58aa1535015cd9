import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { DataError } from '../../data/index.ts';
import { predictions, report } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import type { TaskContext } from '../../dsl/task-context.ts';
import { type EvaluationReport, evaluatePredictions } from './evaluate-predictions.ts';

/**
 * Measures predictions of a yes or no against what came true: AUC, log loss, calibration, slices, and the same of the
 * champion's predictions of these rows, where they are given. The numbers are for a gate, the report is for people.
 *
 * @example const report = evaluate({ predictions, label: 'late', slices: ['origin'] });
 */
export const evaluate = defineBuiltinStep({
  name: 'evaluate',
  description: 'AUC, log loss, calibration and slices of predictions, against the champion where there is one.',
  input: z.object({
    predictions: predictions(),
    /** A column of 0 and 1 that the predictions keep. */
    label: z.string().min(1),
    /** Text columns that the predictions keep. */
    slices: z.array(z.string().min(1)).default([]),
    /** The champion's predictions of the same rows; null where no model is champion yet. */
    champion: predictions().nullable().default(null),
  }),
  output: z.object({
    report: report(),
    rows: z.number(),
    baseRate: z.number(),
    auc: z.number(),
    logLoss: z.number(),
    brier: z.number(),
    calibrationError: z.number(),
    championAuc: z.number().nullable(),
    /** AUC less the champion's; null where there is none. */
    aucGain: z.number().nullable(),
    /** Whether the AUC is the champion's or better; true where there is none to be worse than. */
    noWorse: z.boolean(),
  }),
}).implement(async ({ input, task }) => {
  const evaluation = await evaluatePredictions({
    predictions: await task.read(input.predictions),
    label: input.label,
    slices: input.slices,
    champion: input.champion && (await task.read(input.champion)),
  });
  const numbers = gateNumbers(evaluation);
  const { championAuc, aucGain, noWorse: _, ...own } = numbers;
  task.metrics(own);
  if (championAuc !== null && aucGain !== null) task.metrics({ championAuc, aucGain });
  logReport(task, evaluation);
  const text = `${JSON.stringify(evaluation, null, 2)}\n`;
  const artifact = await task.write('report', (path) => writeFile(path, text), { ...numbers, format: 'evaluation' });
  return { report: artifact, ...numbers };
});

/** How many slices of a column the log names from either end; the report has all of them. */
const NAMED_SLICES = 3;

function logReport({ log }: TaskContext, { metrics, champion, slices }: EvaluationReport): void {
  const base = `base rate ${metrics.baseRate.toFixed(4)}`;
  log.info(`AUC ${said(metrics.auc)}, log loss ${metrics.logLoss.toFixed(4)} over ${metrics.rows} rows, ${base}.`);
  if (champion) log.info(`The champion has AUC ${said(champion.auc)}, log loss ${champion.logLoss.toFixed(4)}.`);
  for (const column of new Set(slices.map((slice) => slice.column))) {
    const ranked = slices
      .filter((slice) => slice.column === column && slice.auc !== null)
      .sort((left, right) => (right.auc ?? 0) - (left.auc ?? 0));
    const names = (part: typeof ranked) => part.map(({ value, auc }) => `${value} ${said(auc)}`).join(', ');
    const best = names(ranked.slice(0, NAMED_SLICES));
    const worst = names(ranked.slice(NAMED_SLICES).slice(-NAMED_SLICES));
    log.info(`AUC by ${column}, of its ${ranked.length} largest: best ${best}${worst && `; worst ${worst}`}.`);
  }
}

function said(auc: number | null): string {
  return auc === null ? 'none' : auc.toFixed(4);
}

function gateNumbers({ metrics, champion, label }: EvaluationReport) {
  const { rows, baseRate, auc, logLoss, brier, calibrationError } = metrics;
  if (auc === null) {
    throw new DataError(
      'columnType',
      `Label '${label}' is the same in all ${rows} rows: there is nothing to tell apart.`,
    );
  }
  const championAuc = champion?.auc ?? null;
  const aucGain = championAuc === null ? null : auc - championAuc;
  const noWorse = aucGain === null || aucGain >= 0;
  return { rows, baseRate, auc, logLoss, brier, calibrationError, championAuc, aucGain, noWorse };
}
