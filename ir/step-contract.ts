import type { JsonSchema } from './json.ts';

/** Task queues that Millrace's own workers serve. A user's queue may have any other name. */
export const WORKER_QUEUES = ['cpu', 'gpu', 'serving'] as const;
/** Where interpreters, rollouts and light tasks run; never a user's queue. */
export const CONTROL_QUEUE = 'millrace';

export const EFFECTS = ['none', 'idempotent', 'external'] as const;
/** `none`: a function of its inputs; `idempotent`: safe to repeat; `external`: changes the world at each delivery. */
export type Effects = (typeof EFFECTS)[number];

export const ISOLATIONS = ['process', 'thread'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export interface Resources {
  readonly queue: string;
  /** Bytes that the handler's process may hold. */
  readonly memory: number | null;
  /** Cores, fractions allowed. */
  readonly cpu: number | null;
  /** Whole devices. */
  readonly gpu: number | null;
  /** Handlers that begin together and fail together, each with these resources; an ordinary task where it is left out. */
  readonly replicas?: number;
}

/** More than a run has activities pending for would never be placed together (workflows/temporal/temporal-port.ts). */
export const MOST_REPLICAS = 256;

export interface RetryPolicy {
  /** Tries in all; 1 is no retry. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
  /** Error kinds (`error.name`) that are not tried again. */
  readonly nonRetryable: readonly string[];
}

export const CACHE_POLICIES = ['on', 'off', 'refresh'] as const;
export interface CachePolicy {
  /** `refresh` runs the task and stores anew. */
  readonly policy: (typeof CACHE_POLICIES)[number];
  /** An older result is not used; null for no bound. */
  readonly ttlMs: number | null;
  /** The inputs that count in the cache key; all of them where it is left out. */
  readonly key?: readonly string[];
}

/** Facts of the run that a handler may read only when its contract says so, for they join its cache key. */
export const RUN_READS = ['logicalTime', 'partition', 'runId'] as const;
export type RunRead = (typeof RUN_READS)[number];

/** A secret by name; a version of it, or the newest when null. The value is never in the IR. */
export interface SecretRef {
  readonly secret: string;
  readonly version: string | null;
}

/** What can be set in a contract and overridden at a call. */
export interface TaskSettings {
  readonly resources: Resources;
  readonly retry: RetryPolicy;
  /** From the handler's start; waiting for a place on a worker is not counted. */
  readonly timeoutMs: number;
  readonly cache: CachePolicy;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretRef>>;
  readonly isolation: Isolation;
  /** Slots that the task takes of pools, by their names; none where it is left out. */
  readonly pools?: Readonly<Record<string, number>>;
}

/** A command in any language: JSON and Arrow or Parquet files in and out. */
export interface ProcessImplementation {
  readonly kind: 'process';
  readonly command: readonly string[];
  /** Globs of what it needs. */
  readonly files: readonly string[];
  /** Globs of what says which programs and packages it finds on a worker: its lock files. Unknown where left out. */
  readonly environment?: readonly string[];
}

/** Who does a step's work. The code itself is named by digest beside the IR, so that an edit leaves the IR alone. */
export type Implementation =
  /** A TypeScript handler, packaged with the pipeline. */
  | { readonly kind: 'handler' }
  /** A step that comes with Millrace (`millrace/steps`). */
  | { readonly kind: 'builtin' }
  | ProcessImplementation
  | { readonly kind: 'container'; readonly image: string; readonly command: readonly string[] }
  /** A worker of the user's, on a queue of its own, that speaks the protocol of docs/protocol. */
  | { readonly kind: 'external' };

/** A step as the IR knows it: shapes and settings, no code. */
export interface StepContract {
  readonly name: string;
  readonly description: string | null;
  readonly input: JsonSchema;
  readonly output: JsonSchema;
  readonly effects: Effects;
  readonly cost: 'light' | 'ordinary';
  readonly reads: readonly RunRead[];
  /** Names of inputs that are URIs of outside data: a fingerprint of what they point at joins the cache key. */
  readonly sources: readonly string[];
  readonly implementation: Implementation;
  readonly settings: TaskSettings;
}

/** What one call changes of its step's settings. */
export interface TaskOverrides {
  readonly resources?: Partial<Resources>;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeoutMs?: number;
  readonly cache?: Partial<CachePolicy>;
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, SecretRef>>;
  readonly isolation?: Isolation;
  /** In place of the contract's, all of them. */
  readonly pools?: Readonly<Record<string, number>>;
}

/** A contract's settings with a call's overrides laid over them, group by group. */
export function settingsOf(contract: StepContract, overrides: TaskOverrides): TaskSettings {
  const base = contract.settings;
  const pools = overrides.pools ?? base.pools;
  return {
    resources: { ...base.resources, ...overrides.resources },
    retry: { ...base.retry, ...overrides.retry },
    timeoutMs: overrides.timeoutMs ?? base.timeoutMs,
    cache: { ...base.cache, ...overrides.cache },
    env: { ...base.env, ...overrides.env },
    secrets: { ...base.secrets, ...overrides.secrets },
    isolation: overrides.isolation ?? base.isolation,
    ...(pools === undefined ? {} : { pools }),
  };
}
