import { defineStep, file } from 'millrace';
import { z } from 'zod';

/** What `train.py` tells of a training. Times of day are milliseconds since the epoch. */
export const training = z.object({
  /** The network, from scaled features to a probability, as ONNX. */
  core: file(),
  /** Its probabilities of the whole table, float32, as PyTorch computed them on the device. */
  predictions: file(),
  hidden: z.int(),
  /** The device's name. */
  device: z.string(),
  /** `CUDA_VISIBLE_DEVICES`. */
  visible: z.string().nullable(),
  /** How many devices PyTorch saw. */
  devices: z.int(),
  /** When the program began, and when it was done with the device. */
  began: z.int(),
  ended: z.int(),
  /** Of the training alone. */
  seconds: z.number(),
  peakBytes: z.number(),
  loss: z.number(),
});

/** Has no `environment`, so it is never cached: a check that ran nothing would check nothing. */
export const train = defineStep({
  name: 'train',
  input: z.object({
    features: file(),
    labels: file(),
    width: z.int(),
    hidden: z.int(),
    epochs: z.int(),
    device: z.enum(['cuda', 'cpu']),
  }),
  output: training,
  resources: { queue: 'gpu', gpu: 1 },
  retry: { attempts: 1 },
  process: { command: ['python3', 'train.py'], files: ['train.py'] },
});
