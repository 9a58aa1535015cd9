import { definePipeline, fanOut, lte, max, when } from 'millrace';
import { batchPredict, fitTransform, promote } from 'millrace/steps';
import { z } from 'zod';
import { assemble } from './steps/assemble.ts';
import { compare } from './steps/compare.ts';
import { features, makeTable } from './steps/make-table.ts';
import { readMatrix } from './steps/read-matrix.ts';
import { selectBest } from './steps/select-best.ts';
import { train } from './steps/train.ts';

/** How far a probability by ONNX Runtime on the CPU may lie from PyTorch's on the GPU: the rounding of float32. */
const TOLERANCE = 1e-4;

/**
 * From a table to an endpoint by way of a GPU. Tasks tell what they saw of devices; `check.js` judges it. With the device
 * `cpu` the same tasks go through the same queue and admission gate, on machines without a GPU.
 */
export default definePipeline(
  {
    name: 'gpu-check',
    params: z.object({
      device: z.enum(['cuda', 'cpu']).default('cuda'),
      rows: z.int().positive().default(20_000),
      /** Widths of the networks to try. */
      hidden: z.array(z.int().positive()).min(1).default([256, 512, 1024]),
      epochs: z.int().positive().default(30),
    }),
  },
  ({ params }) => {
    const { table } = makeTable({ rows: params.rows });
    const { transform } = fitTransform({
      data: table,
      features: features.map((column) => ({ op: 'scale' as const, column })),
    });
    const matrix = readMatrix({ table, transform });
    const work = { features: matrix.features, labels: matrix.labels, width: features.length, epochs: params.epochs };
    const trials = fanOut(params.hidden, { name: 'trials' }, (hidden) =>
      train({ ...work, hidden, device: params.device }),
    );
    // The widest again, on the CPU: what the GPU's time is compared with. It asks for no device, and has to see none.
    const onCpu = train(
      { ...work, hidden: max(params.hidden), device: 'cpu' },
      { name: 'onCpu', queue: 'cpu', resources: { gpu: 0 }, after: trials },
    );
    const best = selectBest({ trials });
    const { model } = assemble({ core: best.core, transform, table });
    const { predictions } = batchPredict({ model, rows: table });
    const compared = compare({ predictions, expected: best.predictions });
    const promotion = when(lte(compared.largestDifference, TOLERANCE), {
      name: 'agrees',
      do: () => promote({ model, endpoint: 'gpu-check', evidence: { difference: compared.largestDifference } }),
    });
    return { trials, onCpu, compared, promotion };
  },
);
