/**
 * `millrace/onnx`: what a step's handler needs to read transforms, train on their features and write models. Any trainer
 * will do that can say its model in ONNX; `linearModelToOnnx` says logistic regressions.
 */
export { type BulkScorer, openBulkScorer } from './bulk-scorer.ts';
export { InferenceError, type InferenceErrorKind } from './inference-error.ts';
export { MODEL_FILES, writeModel } from './model-folder.ts';
export { modelMetadata } from './model-metadata.ts';
export { type LinearModel, linearModelToOnnx } from './models/linear-model.ts';
export { readOnnx } from './onnx/onnx-file.ts';
export type { OnnxModel } from './onnx/onnx-proto.ts';
export { openSession } from './onnx/session.ts';
export { type ExampleRow, expectInputs, readSignature, type Signature, type TensorSpec } from './onnx/signature.ts';
export { readFeatures, type TrainingSet } from './read-features.ts';
export { CALENDAR_PARTS, type CalendarPart } from './transform/calendar.ts';
export type { Feature, FeatureSpec } from './transform/feature.ts';
export { fitTransform } from './transform/fit-transform.ts';
export { createKernel, type TransformKernel } from './transform/kernel.ts';
export { inputsOf, inputTensors, readTransform, type Transform } from './transform/transform.ts';
