import type { z } from 'zod';
import type { ScheduleInput } from '../ir/read-schedule.ts';
import type { KeysOf } from './known-keys.ts';
import { NODE_KEYS, type NodeOptions } from './node-options.ts';
import type { PartitionOptions } from './partitions.ts';
import type { PipelineTrigger, SomeParams } from './pipeline-trigger.ts';
import type { Ref } from './ref.ts';
import type { QueueName } from './step-description.ts';
import type { Resolved, Returnable, Wired } from './wired.ts';

export const PIPELINE: unique symbol = Symbol.for('millrace.pipeline');

/**
 * Facts of the run that the body may give to tasks.
 *
 * @typeParam K what the pipeline is cut into; undefined where it is not
 */
export interface RunInBody<K = undefined> {
  readonly id: Ref<string>;
  readonly pipeline: Ref<string>;
  readonly project: Ref<string>;
  /** The time that the run is for, in ISO 8601: a schedule's, or the end of its partition; null else. */
  readonly logicalTime: Ref<string | null>;
  /** The key of the run's partition. Every run of a pipeline with partitions has one. */
  readonly partition: Ref<K extends undefined ? string | null : string>;
}

/** What the exit handler knows beside: how the run ended. */
export interface RunAtExit<K = undefined> extends RunInBody<K> {
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

export const SCHEDULE_KEYS: KeysOf<ScheduleOptions<unknown>> = {
  ...{ cron: true, interval: true, calendar: true, timezone: true, start: true, end: true },
  ...{ jitter: true, overlap: true, catchUp: true, name: true, params: true, paused: true, note: true },
};

export interface PipelineOptions<
  P extends z.ZodObject,
  K extends PartitionOptions | undefined = PartitionOptions | undefined,
> {
  /** A letter, then letters, digits, `_` or `-`. */
  readonly name: string;
  readonly description?: string;
  readonly params?: P;
  readonly schedule?: ScheduleOptions<NoInfer<z.input<P>>>;
  /** What else starts runs of it, once `millrace triggers apply FILE` has told the system: `[onRunEnded({ … })]`. */
  readonly triggers?: readonly PipelineTrigger<SomeParams<NoInfer<z.input<P>>>>[];
  /** What its data is cut into: `daily({ start: '2001-01-01' })`, or several by name. A run is of one partition. */
  readonly partitions?: K;
  /** Runs that may be under way at once, 1 or more; others wait for their turn. No limit when left out. */
  readonly maxRuns?: number;
  /** Queues that workers of yours serve, beside `cpu`, `gpu` and `serving`. */
  readonly queues?: readonly string[];
  /** Runs when all else has ended, however it ended. It knows the run and its parameters, and nothing of the body. */
  readonly onExit?: (context: { readonly run: RunAtExit<K>; readonly params: Ref<z.output<P>> }) => Returnable;
}

export const PIPELINE_KEYS: KeysOf<PipelineOptions<z.ZodObject>> = {
  ...{ name: true, description: true, params: true, schedule: true, triggers: true, partitions: true },
  ...{ maxRuns: true, queues: true, onExit: true },
};

export type PipelineBody<P extends z.ZodObject, R, K = undefined> = (context: {
  readonly params: Ref<z.output<P>>;
  readonly run: RunInBody<K>;
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

export const PIPELINE_CALL_KEYS: KeysOf<PipelineCallOptions> = { ...NODE_KEYS, queue: true };

/** A pipeline that another may call as a step; the call gives a Ref to what its body returns. */
export interface Pipeline<P extends z.ZodObject, R extends Returnable> extends PipelineDefinition {
  (params: Wired<z.input<P>>, options?: PipelineCallOptions): Ref<Resolved<R>>;
  readonly paramsSchema: P;
}

/** Told by brand, for a pipeline file may load a second copy of this module. */
export function isPipeline(value: unknown): value is PipelineDefinition {
  return typeof value === 'function' && PIPELINE in value;
}
