export { partitionRange, partitionValue } from '../ir/partition-key.ts';
export type { Gang, Peer } from '../ir/protocol/gang.ts';
export { after } from './after.ts';
export { all, any, count, max, min } from './aggregates.ts';
export { type ApprovalOptions, approval, type Decision } from './approval.ts';
export {
  type Dataset,
  dataset,
  type File,
  file,
  type Metrics,
  type Model,
  metrics,
  model,
  type Predictions,
  predictions,
  type Report,
  report,
  type Transform,
  transform,
} from './artifact-types.ts';
export type { CallOptions } from './call-options.ts';
export { type Compiled, compile, compilePipeline } from './compile.ts';
export { CompileError, type CompileErrorCode, isCompileError } from './compile-error.ts';
export type { Condition } from './condition.ts';
export { definePipeline } from './define-pipeline.ts';
export { defineStep, type UnimplementedStep } from './define-step.ts';
export { type FanOutOptions, fanOut } from './fan-out.ts';
export { finallyDo } from './finally-do.ts';
export { format } from './format.ts';
export { importArtifact } from './import-artifact.ts';
export { type LoopOptions, loop } from './loop.ts';
export type { NodeOptions } from './node-options.ts';
export { type Notice, notify } from './notify.ts';
export { daily, hourly, monthly, statically, weekly } from './partitions.ts';
export {
  isPipeline,
  type Pipeline,
  type PipelineCallOptions,
  type PipelineDefinition,
  type PipelineOptions,
} from './pipeline.ts';
export type { PipelineTrigger } from './pipeline-trigger.ts';
export { and, eq, gt, gte, includes, isNull, lt, lte, ne, not, or, type Test } from './predicates.ts';
export { isRef, type Ref } from './ref.ts';
export { registered } from './registered.ts';
export { secret } from './secret.ts';
export { sleep } from './sleep.ts';
export { type HandledStep, type Handler, isStep, type Step, type StepDefinition } from './step.ts';
export type { StepDescription } from './step-description.ts';
export type { TaskContext, TaskLog } from './task-context.ts';
export {
  onAliasMoved,
  onArtifactPublished,
  onMetricCrossed,
  onPartitionArrived,
  onRunEnded,
  onStale,
  onVersionAdded,
  onWebhook,
} from './triggers.ts';
export { type Branch, type WhenOptions, when } from './when.ts';
export type { Resolved, Wired } from './wired.ts';
