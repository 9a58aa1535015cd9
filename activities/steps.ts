/** `millrace/steps`: what comes with Millrace, to be called in pipelines. */
export { importArtifact } from '../dsl/import-artifact.ts';
export { promote } from '../dsl/promote.ts';
export { batchPredict } from './batch-predict/batch-predict.ts';
export { joinPredictions } from './batch-predict/join-predictions.ts';
export { planPredictions } from './batch-predict/plan-predictions.ts';
export { predictRows } from './batch-predict/predict-rows.ts';
export { evaluate } from './evaluate/evaluate.ts';
export { fitTransform } from './fit-transform/fit-transform.ts';
export { importArtifactStep } from './import-artifact/import-artifact.ts';
export { preprocess } from './preprocess/preprocess.ts';
export { publishPredictions } from './publish-predictions/publish-predictions.ts';
export { splitByTime, splitByTimeStep } from './split-by-time/split-by-time.ts';
export { choice, type Dimension, integer, logUniform, uniform } from './tune/dimension.ts';
export { judgeTrials } from './tune/judge-trials.ts';
export { random, successiveHalving } from './tune/strategy.ts';
export { tune } from './tune/tune.ts';
export type { BestTrial, EarlyStop, Trial, Tuned, Tuning } from './tune/tuning.ts';
