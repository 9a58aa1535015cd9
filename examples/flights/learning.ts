import { and, type Dataset, fanOut, gte, isNull, lte, type Model, not, type Ref, registered, when } from 'millrace';
import { batchPredict, evaluate, fitTransform } from 'millrace/steps';
import { features } from './features.ts';
import { selectBest } from './steps/select-best.ts';
import { train } from './steps/train.ts';

interface Learning {
  readonly training: Ref<Dataset>;
  readonly holdout: Ref<Dataset>;
  readonly learningRates: Ref<number[]>;
  readonly minAuc: Ref<number>;
  readonly maxCalibrationError: Ref<number>;
  /** Of the task that scores the hold-out. */
  readonly tests: string;
}

/**
 * Records the tasks that train a model for each learning rate and test the best, beside the champion where there is one, on
 * flights that none has seen. `pipeline.ts` and `retraining.ts` share it.
 */
export function learn({ training, holdout, learningRates, minAuc, maxCalibrationError, tests }: Learning) {
  const { transform } = fitTransform({ data: training, features });
  const trials = fanOut(learningRates, { name: 'trials' }, (learningRate) =>
    train({ training, transform, target: 'late', learningRate }),
  );
  const best = selectBest({ trials });
  const tested = batchPredict({ model: best.model, rows: holdout, keep: ['late', 'origin'] }, { name: tests });
  const champion = registered('flight-delays@champion', { optional: true });
  const rival = when(not(isNull(champion)), {
    name: 'champion',
    do: () => batchPredict({ model: champion as Ref<Model>, rows: holdout, keep: ['late', 'origin'] }),
  });
  const report = evaluate({
    predictions: tested.predictions,
    champion: rival.predictions,
    label: 'late',
    slices: ['origin'],
  });
  const isGood = and(gte(report.auc, minAuc), lte(report.calibrationError, maxCalibrationError));
  const evidence = {
    auc: report.auc,
    logLoss: report.logLoss,
    calibrationError: report.calibrationError,
    learningRate: best.learningRate,
  };
  return { best, report, evidence, passes: and(isGood, report.noWorse) };
}
