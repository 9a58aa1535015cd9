import type { z } from 'zod';
import type { ScheduleInput } from '../ir/read-schedule.ts';
import type { NodeOptions } from './node-options.ts';
import type { Ref } from './ref.ts';
import type { QueueName } from './step-description.ts';
import type { Resolved, Returnable, Wired } from './wired.ts';

export const PIPELINE: unique symbol = Symbol.for('millrace.pipeline');

/** Facts of the run that the body may give to tasks. */
export interface RunInBody {
  readonly id: Ref<string>;
  readonly pipeline: Ref<string>;
  readonly project: Ref<string>;
  /** The time that a scheduled run is for, in ISO 8601; null for runs started by hand. */
  readonly logicalTime: Ref<string | null>;
  readonly partition: Ref<string | null>;
}

/** What the exit handler knows beside: how the run ended. */
export interface RunAtExit extends RunInBody {
  readonly status: Ref<'succeeded' | 'failed' | 'cancelled'>;
  /** The first failure with its task's path; null when all went well. */
  readonly error: Ref<string | null>;
}

/** When runs of the pipeline start by themselves, once `millrace schedules apply FILE` has told the system. */
export interface ScheduleOptions<Params> extends ScheduleInput {
  /** Unique in the project; the pipeline's name when left out. */
  readonly name?: string;
  /** What its runs are given; what is missing has to be given where it is applied. */
  readonly params?: Partial<Params>;
  /** Keeps it from starting runs until it is unpaused. */
  readonly paused?: boolean;
  /** Why it is as it is, for people. */
  readonly note?: string;
}

export interface PipelineOptions<P extends z.ZodObject> {
  /** A letter, then letters, digits, `_` or `-`. */
  readonly name: string;
  readonly description?: string;
  readonly params?: P;
  readonly schedule?: ScheduleOptions<NoInfer<z.input<P>>>;
  /** Runs that may be under way at once, 1 or more; others wait for their turn. No limit when left out. */
  readonly maxRuns?: number;
  /** Queues that workers of yours serve, beside `cpu`, `gpu` and `serving`. */
  readonly queues?: readonly string[];
  /** Runs when all else has ended, however it ended. It knows the run and its parameters, and nothing of the body. */
  readonly onExit?: (context: { readonly run: RunAtExit; readonly params: Ref<z.output<P>> }) => Returnable;
}

export type PipelineBody<P extends z.ZodObject, R> = (context: {
  readonly params: Ref<z.output<P>>;
  readonly run: RunInBody;
}) => R;

/** A body as the compiler sees it. A method, to be compared loosely. */
type AnyBody = {
  describe(context: { readonly params: Ref<Record<string, unknown>>; readonly run: RunInBody }): unknown;
}['describe'];

/** A pipeline: its options and the body that describes its tasks. */
export interface PipelineDefinition {
  readonly [PIPELINE]: true;
  readonly options: PipelineOptions<z.ZodObject>;
  readonly paramsSchema: z.ZodObject;
  readonly body: AnyBody;
}

export interface PipelineCallOptions extends NodeOptions {
  /** Where its tasks run, those that name a queue in their own call excepted. */
  readonly queue?: QueueName;
}

/** A pipeline that another may call as a step; the call gives a Ref to what its body returns. */
export interface Pipeline<P extends z.ZodObject, R extends Returnable> extends PipelineDefinition {
  (params: Wired<z.input<P>>, options?: PipelineCallOptions): Ref<Resolved<R>>;
  readonly paramsSchema: P;
}

/** Told by brand, for a pipeline file may load a second copy of this module. */
export function isPipeline(value: unknown): value is PipelineDefinition {
  return typeof value === 'function' && PIPELINE in value;
}
