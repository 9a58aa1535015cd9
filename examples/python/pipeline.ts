import { dataset, definePipeline, defineStep, gte, model, when } from 'millrace';
import { evaluate, promote } from 'millrace/steps';
import { z } from 'zod';
import { score } from './steps/score.ts';
import { split } from './steps/split.ts';

/** Beside its own script each command needs `step.py`, and of the worker what the lock file names. */
const python = { files: ['step.py'], environment: ['requirements.txt'] };

/** Commands in Python; what they read and write is docs/protocol/process-step.md. */
const load = defineStep({
  name: 'load',
  input: z.object({}),
  output: z.object({ rows: dataset() }),
  process: { command: ['python3', 'load.py'], ...python },
});

const train = defineStep({
  name: 'train',
  input: z.object({
    training: dataset(),
    features: z.array(z.string()).min(1),
    target: z.string(),
    c: z.number().default(1),
  }),
  output: z.object({ model: model(), logLoss: z.number() }),
  process: { command: ['python3', 'train.py'], ...python },
});

const features = ['mean_radius', 'mean_texture', 'mean_smoothness', 'mean_concavity', 'mean_symmetry'];
const target = 'benign';

/** scikit-learn trains; Millrace splits, scores, judges and serves. */
export default definePipeline(
  {
    name: 'biopsies',
    params: z.object({
      /** The inverse of the regularisation's strength. */
      c: z.number().positive().default(1),
      minAuc: z.number().min(0).max(1).default(0.95),
    }),
  },
  ({ params }) => {
    const { rows } = load({});
    const { training, holdout } = split({ rows });
    const trained = train({ training, features, target, c: params.c });
    const scored = score({ model: trained.model, rows: holdout, features, target });
    const tested = evaluate({ predictions: scored.predictions, label: target });
    const promotion = when(gte(tested.auc, params.minAuc), {
      name: 'gate',
      do: () => promote({ model: trained.model, endpoint: 'biopsies', evidence: { auc: tested.auc } }),
    });
    return { auc: tested.auc, promotion };
  },
);
