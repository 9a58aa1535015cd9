import { setImmediate } from 'node:timers/promises';
import { dataset, defineStep, model, transform } from 'millrace';
import { linearModelToOnnx, modelMetadata, readFeatures, readTransform, writeModel } from 'millrace/onnx';
import { z } from 'zod';
import { trainLogisticRegression } from './logistic-regression.ts';

/** Learns from a table, through a transform, whether the target is 1. */
export const train = defineStep({
  name: 'train',
  input: z.object({
    training: dataset(),
    transform: transform(),
    /** A column of 0 and 1. */
    target: z.string(),
    learningRate: z.number().positive(),
    epochs: z.number().int().positive().default(1),
    seed: z.number().int().default(1),
  }),
  output: z.object({ model: model(), learningRate: z.number(), logLoss: z.number() }),
  timeout: '30m',
}).implement(async ({ input, task }) => {
  const transform = await readTransform(await task.read(input.transform));
  const set = await readFeatures(await task.read(input.training), transform, input.target, task.signal);
  let logLoss = Number.NaN;
  const linear = await trainLogisticRegression(set, transform, {
    ...input,
    async onEpoch(epoch, loss) {
      logLoss = loss;
      task.metrics({ logLoss }, epoch);
      task.progress(epoch / input.epochs, `epoch ${epoch} of ${input.epochs}`);
      // An epoch holds the thread: a turn of the event loop lets a cancellation in.
      await setImmediate();
      task.signal.throwIfAborted();
    },
  });
  const core = linearModelToOnnx(linear, transform);
  const write = async (folder: string) => {
    await writeModel(folder, transform, core, set.example);
  };
  return {
    model: await task.write('model', write, modelMetadata(transform, set.example)),
    learningRate: input.learningRate,
    logLoss,
  };
});
