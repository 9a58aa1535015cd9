import type { Columns } from '../../data/index.ts';
import { operatorOf } from './operators.ts';
import type { Transform } from './transform.ts';

/** The bulk form of a transform. */
export interface TransformKernel {
  /** Features of a row. */
  readonly width: number;
  /** Writes the features of a batch to `matrix`, row by row: `rows * width` numbers from its start. */
  apply(batch: Columns, matrix: Float32Array): void;
}

/**
 * Makes the bulk form. It keeps look-up tables between batches, so use one for a whole dataset.
 *
 * @example const kernel = createKernel(transform); kernel.apply(batch, matrix);
 */
export function createKernel(transform: Transform): TransformKernel {
  const { features } = transform;
  const width = features.length;
  const kernels = features.map((feature, index) => operatorOf(feature).kernel(feature, features.slice(0, index)));
  return {
    width,
    apply(batch, matrix) {
      for (const [index, kernel] of kernels.entries()) kernel(batch, matrix, width, index);
    },
  };
}
