import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { dataset, transform } from '../../dsl/artifact-types.ts';
import { defineBuiltinStep } from '../../dsl/builtin-step.ts';
import { fitTransform as fitFeatures, inputTensors } from '../../inference/index.ts';
import { canonicalJson } from '../../ir/json.ts';
import { featureSchema } from './feature-schema.ts';

/**
 * Fits a transform: what makes a model's features out of raw columns. The one artifact is run in bulk and becomes part
 * of the served model, so that training and serving cannot differ.
 *
 * @example fitTransform({ data: training, features: [{ op: 'category', column: 'origin' }, { op: 'scale', column: 'distance' }] })
 */
export const fitTransform = defineBuiltinStep({
  name: 'fitTransform',
  description: 'Fits vocabularies, scales and target means to a table.',
  input: z.object({ data: dataset(), features: z.array(featureSchema).min(1) }),
  output: z.object({ transform: transform(), features: z.array(z.string()) }),
}).implement(async ({ input, task }) => {
  const fitted = await fitFeatures(await task.read(input.data), input.features, task.signal);
  const features = fitted.features.map(({ name }) => name);
  const inputs = inputTensors(fitted).map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));
  const metadata = { inputs, features };
  const artifact = await task.write('transform', (path) => writeFile(path, canonicalJson(fitted)), metadata);
  return { transform: artifact, features };
});
