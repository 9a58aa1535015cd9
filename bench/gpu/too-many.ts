import { definePipeline, defineStep } from 'millrace';
import { z } from 'zod';

const greedy = defineStep({
  name: 'greedy',
  input: z.object({}),
  output: z.object({}),
  resources: { queue: 'gpu', gpu: 2 },
}).implement(() => ({}));

/** Asks for more devices than the worker has, so that nobody may ever start it. */
export default definePipeline({ name: 'gpu-check-too-many' }, () => greedy({}));
