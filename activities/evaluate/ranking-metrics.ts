/** How well probabilities tell and rank a yes or no. */
export interface ClassificationMetrics {
  readonly rows: number;
  /** The share of rows where the label is 1. */
  readonly baseRate: number;
  /** The area under the ROC curve, ties counted half; null where only one of the labels occurs. */
  readonly auc: number | null;
  /** In nats a row. */
  readonly logLoss: number;
  /** Of one that says the base rate for each row. */
  readonly baseLogLoss: number;
  readonly brier: number;
}

/** Probabilities are kept this far from 0 and 1 in logarithms, as scikit-learn does, so that one sure mistake costs 34 and not infinity. */
const EPSILON = 2 ** -49;

/** @param labels 0 or 1, one for each probability. */
export function classificationMetrics(probabilities: Float32Array, labels: Uint8Array): ClassificationMetrics {
  const rows = probabilities.length;
  let positives = 0;
  let loss = 0;
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    const probability = Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[row] as number));
    const label = labels[row] as number;
    positives += label;
    loss -= Math.log(label === 1 ? probability : 1 - probability);
    squares += (probability - label) ** 2;
  }
  const baseRate = positives / rows;
  return {
    rows,
    baseRate,
    auc: areaUnderCurve(probabilities, labels, positives),
    logLoss: loss / rows,
    baseLogLoss: entropy(baseRate),
    brier: squares / rows,
  };
}

/** By the ranks of the positives among the negatives (Mann and Whitney, 1947). */
function areaUnderCurve(probabilities: Float32Array, labels: Uint8Array, positives: number): number | null {
  const negatives = probabilities.length - positives;
  if (positives === 0 || negatives === 0) return null;
  const ones = new Float32Array(positives);
  const zeros = new Float32Array(negatives);
  let one = 0;
  let zero = 0;
  for (let row = 0; row < probabilities.length; row++) {
    if (labels[row] === 1) ones[one++] = probabilities[row] as number;
    else zeros[zero++] = probabilities[row] as number;
  }
  return countBelow(ones.sort(), zeros.sort()) / (positives * negatives);
}

/** Pairs in which the first is the greater, equal ones counted half. Both sorted. */
function countBelow(ones: Float32Array, zeros: Float32Array): number {
  let below = 0;
  let upTo = 0;
  let pairs = 0;
  for (const value of ones) {
    while (below < zeros.length && (zeros[below] as number) < value) below++;
    upTo = Math.max(upTo, below);
    while (upTo < zeros.length && zeros[upTo] === value) upTo++;
    pairs += below + (upTo - below) / 2;
  }
  return pairs;
}

function entropy(rate: number): number {
  return rate === 0 || rate === 1 ? 0 : -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);
}
