import { defineStep, model } from 'millrace';
import { linearModelToOnnx, modelMetadata, type Transform, writeModel } from 'millrace/onnx';
import { z } from 'zod';
import { tell } from './ledger.ts';
import { Given, Patient } from './steps.suite.ts';

const IDENTITY: Transform = {
  transform: 1,
  features: [{ name: 'x', op: 'scale', column: 'x', cardinality: null, mean: 0, factor: 1 }],
};

/** A model as small as can be served. */
export const learn = defineStep({
  name: 'learn',
  input: z.object(Given),
  output: z.object({ model: model() }),
  effects: 'idempotent',
  ...Patient,
}).implement(async ({ input: { folder, value }, task }) => {
  await tell(folder, task, 'began');
  const core = linearModelToOnnx({ bias: value / 1_000, weights: [Float32Array.of(1)] }, IDENTITY);
  const write = async (path: string) => void (await writeModel(path, IDENTITY, core));
  return { model: await task.write('model', write, modelMetadata(IDENTITY)) };
});
