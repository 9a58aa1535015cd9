import type { CompiledPipeline } from '../compiled-pipeline.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { RunStatus } from './transition.ts';

export const RUN_CACHES = ['off', 'refresh'] as const;
/**
 * What one run does with the cache in place of `'on'`: `refresh` runs its tasks anew and keeps their results, `off` keeps
 * none. Of tasks with effects the contract alone decides.
 */
export type RunCache = (typeof RUN_CACHES)[number];

/** What the interpreter is started with. The compiled pipeline goes by digest and is loaded by `openRun`. */
export interface RunRequest {
  readonly project: string;
  readonly runId: string;
  readonly pipeline: string;
  readonly compiledDigest: string;
  /** Checked against the pipeline's schema and with its defaults filled in. */
  readonly params: JsonObject;
  readonly logicalTime: string | null;
  readonly partition: string | null;
  /** A run whose outputs are taken over by task path, where contract, code and input are still the same. */
  readonly retryOf: string | null;
  /** Its tasks decide where it is left out. */
  readonly cache?: RunCache | null;
  /** Paths of tasks and scopes of which nothing is taken over or cached, nor of what depends on them; none in a plain retry. */
  readonly rerunFrom: readonly string[];
  /** 1 to 5, of which 1 comes first; 3 where it is left out. */
  readonly priority?: number | null;
}

/** What a run starts from, resolved once. */
export interface OpenedRun {
  readonly compiled: CompiledPipeline;
  /** `model@selector` to the model artifact of the version it named when the run began. */
  readonly registered: Readonly<Record<string, JsonValue>>;
  /** Queues whose tasks take slots of the queue's pool; none where it is left out. */
  readonly limitedQueues?: readonly string[];
}

/** What `openRun` answers: a run whose pipeline has as many under way as it may is to ask again. */
export type RunOpening = ({ readonly kind: 'opened' } & OpenedRun) | { readonly kind: 'waits' };

export interface RunOutcome {
  readonly status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>;
  readonly output: JsonValue;
  /** The first failure's message with its task's path; null when all went well. */
  readonly error: string | null;
}
