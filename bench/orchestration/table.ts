import type { Figures } from './side.ts';

export interface Row extends Figures {
  readonly bench: string;
  readonly tasks: number;
}

/** A table a bench; ratios are to its first row. */
export function printRows(rows: readonly Row[]): void {
  for (const bench of new Set(rows.map((row) => row.bench))) {
    const these = rows.filter((row) => row.bench === bench);
    console.log(`\n${bench}`);
    console.table(Object.fromEntries(these.map((row) => [row.name, cells(row, these[0] ?? row)])));
  }
}

function cells({ min, median, tasks, cpu }: Row, base: Row) {
  return {
    'min ms': min.toFixed(1),
    'median ms': median.toFixed(1),
    'min ms a task': (min / tasks).toFixed(2),
    'min ratio': (min / base.min).toFixed(2),
    'median ratio': (median / base.median).toFixed(2),
    'CPU ms': cpu === null ? '' : cpu.toFixed(0),
    'CPU ratio': cpu === null || base.cpu === null ? '' : (cpu / base.cpu).toFixed(2),
  };
}
