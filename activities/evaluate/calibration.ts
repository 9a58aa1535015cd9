/** Rows whose probability lies in one of ten equal parts of 0 to 1. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** The mean probability said, and the share that came true; null for no rows. */
  readonly predicted: number | null;
  readonly observed: number | null;
}

const BINS = 10;

export function calibrationTable(probabilities: Float32Array, labels: Uint8Array): readonly CalibrationBin[] {
  const rows = new Float64Array(BINS);
  const said = new Float64Array(BINS);
  const came = new Float64Array(BINS);
  for (let row = 0; row < probabilities.length; row++) {
    const probability = probabilities[row] as number;
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(probability * BINS)));
    rows[bin] = (rows[bin] as number) + 1;
    said[bin] = (said[bin] as number) + probability;
    came[bin] = (came[bin] as number) + (labels[row] as number);
  }
  return Array.from(rows, (count, bin) => ({
    from: bin / BINS,
    to: (bin + 1) / BINS,
    rows: count,
    predicted: count === 0 ? null : (said[bin] as number) / count,
    observed: count === 0 ? null : (came[bin] as number) / count,
  }));
}

/** The mean distance of said and observed, each bin by its share of the rows. */
export function calibrationError(table: readonly CalibrationBin[]): number {
  const rows = table.reduce((sum, bin) => sum + bin.rows, 0);
  return table.reduce((sum, bin) => sum + (bin.rows * Math.abs((bin.predicted ?? 0) - (bin.observed ?? 0))) / rows, 0);
}
