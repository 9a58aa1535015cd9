import { type Columns, DataError, readColumns } from '../../data/index.ts';
import { type CalibrationBin, calibrationError, calibrationTable } from './calibration.ts';
import { type ClassificationMetrics, classificationMetrics } from './ranking-metrics.ts';

export interface EvaluationRequest {
  /** Predictions that keep the label. */
  readonly predictions: string;
  /** A column of 0 and 1, or of booleans. */
  readonly label: string;
  /** Text columns: metrics for the rows of each value. */
  readonly slices: readonly string[];
  /** Another model's predictions of the same rows, in the same order. */
  readonly champion: string | null;
}

/** The artifact `report`, as JSON. */
export interface EvaluationReport {
  readonly label: string;
  readonly metrics: ClassificationMetrics & { readonly calibrationError: number };
  readonly calibration: readonly CalibrationBin[];
  readonly slices: readonly SliceMetrics[];
  readonly champion: ClassificationMetrics | null;
}

interface SliceMetrics extends ClassificationMetrics {
  readonly column: string;
  readonly value: string;
}

/** Values of a column that get metrics of their own: those of most rows. Rarer ones say too little. */
const SLICE_VALUES = 20;

/**
 * Measures predictions against what came true.
 *
 * @throws DataError naming file and column; `columnType` for a label that is not 0 or 1, `incomplete` when the champion's
 *   predictions are of other rows.
 */
export async function evaluatePredictions(request: EvaluationRequest): Promise<EvaluationReport> {
  const { predictions, label, slices } = request;
  const kinds = Object.fromEntries(slices.map((column) => [column, 'text' as const]));
  const table = await readColumns(predictions, { ...kinds, probability: 'number', [label]: 'number' });
  const labels = labelsOf(table, label, predictions);
  const probabilities = probabilitiesOf(table);
  const calibration = calibrationTable(probabilities, labels);
  return {
    label,
    metrics: { ...classificationMetrics(probabilities, labels), calibrationError: calibrationError(calibration) },
    calibration,
    slices: slices.flatMap((column) => sliceMetrics(table, column, probabilities, labels)),
    champion: request.champion === null ? null : await championMetrics(request.champion, request, labels),
  };
}

async function championMetrics(champion: string, { label, predictions }: EvaluationRequest, labels: Uint8Array) {
  const table = await readColumns(champion, { probability: 'number', [label]: 'number' });
  if (Buffer.compare(labelsOf(table, label, champion), labels) !== 0) {
    const message = `${champion} and ${predictions} are not predictions of the same rows: score the same dataset with both.`;
    throw new DataError('incomplete', message);
  }
  return classificationMetrics(probabilitiesOf(table), labels);
}

function sliceMetrics(table: Columns, column: string, probabilities: Float32Array, labels: Uint8Array): SliceMetrics[] {
  const texts = table.columns[column];
  if (texts?.kind !== 'text') throw new TypeError(`'${column}' is the label: it cannot be sliced by.`);
  const rowsByCode = texts.dictionary.map((): number[] => []);
  for (let row = 0; row < table.rows; row++) rowsByCode[texts.codes[row] as number]?.push(row);
  const largest = rowsByCode
    .map((rows, code) => ({ rows, value: texts.dictionary[code] as string }))
    .sort((left, right) => right.rows.length - left.rows.length || (left.value < right.value ? -1 : 1))
    .slice(0, SLICE_VALUES);
  return largest.map(({ rows, value }) => {
    const said = Float32Array.from(rows, (row) => probabilities[row] as number);
    return {
      column,
      value,
      ...classificationMetrics(
        said,
        Uint8Array.from(rows, (row) => labels[row] as number),
      ),
    };
  });
}

function probabilitiesOf(table: Columns): Float32Array {
  const column = table.columns.probability;
  return column?.kind === 'number' ? Float32Array.from(column.values) : new Float32Array(0);
}

function labelsOf(table: Columns, label: string, path: string): Uint8Array {
  const column = table.columns[label];
  const values = column?.kind === 'number' ? column.values : new Float64Array(0);
  const other = values.find((value) => value !== 0 && value !== 1);
  if (other !== undefined) {
    const found = Number.isNaN(other) ? 'a null' : String(other);
    throw new DataError('columnType', `Label '${label}' of ${path} has ${found}; the step expects 0 and 1.`);
  }
  return Uint8Array.from(values);
}
