import type { JsonSchema } from './json.ts';
import type { Block } from './nodes/block.ts';
import type { Partitions } from './partitions.ts';
import type { DeclaredSchedule } from './schedule.ts';
import type { StepContract } from './step-contract.ts';
import type { DeclaredTrigger } from './trigger.ts';

/** Raised when the meaning of the IR changes; a reader stays for every version ever released. */
export const IR_VERSION = 1;

/** The body of a pipeline, be it the one that is run or one called as a step. */
export interface PipelineGraph {
  readonly name: string;
  /** Of an object: the parameters as callers give them. Defaults are filled in at submission. */
  readonly params: JsonSchema;
  readonly body: Block;
}

/** A pipeline as data: what Temporal runs, pages draw and files keep. Its digest is that of its canonical JSON. */
export interface PipelineIR extends PipelineGraph {
  readonly irVersion: typeof IR_VERSION;
  readonly description: string | null;
  readonly steps: Readonly<Record<string, StepContract>>;
  /** Pipelines called as steps, by the name that a call node uses. */
  readonly pipelines: Readonly<Record<string, PipelineGraph>>;
  /** Runs when everything else has ended, however it ended; cannot be cancelled. */
  readonly onExit: Block | null;
  readonly schedule: DeclaredSchedule | null;
  /** What its data is cut into; null where a run is of all of it. */
  readonly partitions: Partitions | null;
  /** None where it is left out. */
  readonly triggers?: readonly DeclaredTrigger[];
  /** Runs of the pipeline that may be under way at once; no limit where it is left out. */
  readonly maxRuns?: number;
}
