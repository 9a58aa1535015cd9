import type { z } from 'zod';
import type { Duration } from '../ir/duration.ts';
import type { CACHE_POLICIES, Effects, Isolation, RunRead, SecretRef, WORKER_QUEUES } from '../ir/step-contract.ts';
import type { MemorySize } from './memory-size.ts';

/** A queue of Millrace's workers, or one of the user's. */
export type QueueName = (typeof WORKER_QUEUES)[number] | (string & {});

export interface ResourceDemand {
  /** Bytes that the handler's process may hold; no limit when left out. */
  readonly memory?: MemorySize;
  /** Cores, fractions allowed. */
  readonly cpu?: number;
  /** Whole devices. */
  readonly gpu?: number;
  /**
   * So many handlers, 1 to 256, each with these resources: they begin once all have a place, know each other's addresses
   * (`task.gang`) and fail together. One handler that knows of no others when left out.
   */
  readonly replicas?: number;
}

export interface RetryDescription {
  /** Tries in all; 1 is no retry. Default 3, and 1 for a step with `effects: 'external'`. */
  readonly attempts?: number;
  /** The wait before the second try. Default `'1s'`. */
  readonly backoff?: Duration;
  /** What the wait is multiplied with from try to try. Default 2. */
  readonly factor?: number;
  /** Default `'1m'`, or `backoff` where that is longer. */
  readonly maxBackoff?: Duration;
  /** Names of errors (`error.name`) that are not tried again. */
  readonly nonRetryable?: readonly string[];
}

/** `'warehouse'`, or `{ warehouse: 2 }`. */
export type PoolsDescription = string | Readonly<Record<string, number>>;

export type CachePolicyName = (typeof CACHE_POLICIES)[number];
export interface CacheBounds {
  readonly policy?: CachePolicyName;
  /** A result that is older is not used. */
  readonly ttl?: Duration;
}

/** A policy, or when an earlier result stands for a new one. `Field` is an input of the step. */
export type CacheDescription<Field extends string> =
  | CachePolicyName
  | (CacheBounds & {
      /**
       * The inputs that a result depends on; others, and what they point at, do not count. Code, contract, `env` and
       * versions of secrets always do.
       */
      readonly key?: readonly Field[];
    });

/** What a step is: shapes, effects and needs. The code comes after, by `.implement`. */
export interface StepDescription<In extends z.ZodObject, Out extends z.ZodObject> {
  /** A letter, then letters, digits, `_` or `-`. */
  readonly name: string;
  readonly description?: string;
  readonly input: In;
  readonly output: Out;
  /** The queue is `'cpu'` when left out. */
  readonly resources?: ResourceDemand & { readonly queue?: QueueName };
  readonly retry?: RetryDescription;
  /** From the handler's start; waiting for a worker is not counted. Default `'1h'`, for light steps `'1s'`. */
  readonly timeout?: Duration;
  /** Default `'on'` for a step without effects, `'off'` for others. */
  readonly cache?: CacheDescription<keyof z.input<In> & string>;
  /**
   * `'none'` (the default): a function of its inputs. `'idempotent'`: safe to repeat. `'external'`: changes the world
   * each time it is delivered.
   */
  readonly effects?: Effects;
  /** Runs on a warm thread beside the interpreter: at most a second, no npm packages with native parts, no external effects. */
  readonly cost?: 'light';
  /** Facts of the run that the handler reads; they become part of its cache key. */
  readonly reads?: readonly RunRead[];
  /** Inputs that are URIs of outside data: what they point at becomes part of the cache key. */
  readonly sources?: readonly (keyof z.input<In> & string)[];
  readonly env?: Readonly<Record<string, string>>;
  /** By the name under which the handler asks for it. */
  readonly secrets?: Readonly<Record<string, SecretRef>>;
  /** Where the handler runs: `'process'` (the default) or `'thread'`. */
  readonly isolation?: Isolation;
  /** A pool, of which the task takes a slot from its first attempt to its end, or slots by the names of pools. */
  readonly pools?: PoolsDescription;
}

/** A command in any language. It runs with the step's `files` (globs, relative to the pipeline file) beside it. */
export interface ProcessDescription {
  readonly command: readonly [string, ...string[]];
  readonly files?: readonly string[];
  /**
   * The lock files (globs, as `files`) that say which programs and packages the command finds on a worker. They lie
   * beside it, too, and are part of the cache key. A step that leaves this out is not cached; `[]` says that there is
   * nothing that a result could depend on.
   */
  readonly environment?: readonly string[];
}

export interface ContainerDescription {
  readonly image: string;
  readonly command?: readonly string[];
}
