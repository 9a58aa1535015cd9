import { dataset, defineStep, file, model, transform } from 'millrace';
import { modelMetadata, readFeatures, readOnnx, readTransform, writeModel } from 'millrace/onnx';
import { z } from 'zod';

/** Puts the transform before PyTorch's network: one graph to serve, which takes raw columns. */
export const assemble = defineStep({
  name: 'assemble',
  input: z.object({ core: file(), transform: transform(), table: dataset() }),
  output: z.object({ model: model() }),
}).implement(async ({ input, task }) => {
  const fitted = await readTransform(await task.read(input.transform));
  const core = await readOnnx(await task.read(input.core));
  const { example } = await readFeatures(await task.read(input.table), fitted, 'label');
  const write = async (folder: string) => {
    await writeModel(folder, fitted, core, example);
  };
  return { model: await task.write('model', write, modelMetadata(fitted, example)) };
});
