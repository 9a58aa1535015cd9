import { writeFile } from 'node:fs/promises';
import { dataset, defineStep, file, transform } from 'millrace';
import { readFeatures, readTransform } from 'millrace/onnx';
import { z } from 'zod';

/** What the network learns from, as plain float32 numbers: a file that Python reads without a package for tables. */
export const readMatrix = defineStep({
  name: 'readMatrix',
  input: z.object({ table: dataset(), transform: transform() }),
  output: z.object({ features: file(), labels: file() }),
}).implement(async ({ input, task }) => {
  const fitted = await readTransform(await task.read(input.transform));
  const set = await readFeatures(await task.read(input.table), fitted, 'label', task.signal);
  const write = (values: Float32Array) => task.write('file', (path) => writeFile(path, values));
  return { features: await write(set.features), labels: await write(set.target) };
});
