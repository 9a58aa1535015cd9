import { type Duration, parseDuration } from '../ir/duration.ts';
import type { StepContract, TaskOverrides } from '../ir/step-contract.ts';
import { type Isolation, type Resources, type RetryPolicy, type SecretRef, settingsOf } from '../ir/step-contract.ts';
import type { CallCache } from './cache-identity.ts';
import { checkSettings } from './check-contract.ts';
import type { KeysOf } from './known-keys.ts';
import { parseMemory } from './memory-size.ts';
import { NODE_KEYS, type NodeOptions } from './node-options.ts';
import { refuseUnknownSettings } from './refuse-unknown-settings.ts';
import { cacheOf, poolsOf, settingsIn } from './step-contract-of.ts';
import type { PoolsDescription, QueueName, ResourceDemand, RetryDescription } from './step-description.ts';

/** What one call changes of its step's contract, and its place in the graph. */
export interface CallOptions extends NodeOptions {
  readonly queue?: QueueName;
  readonly resources?: ResourceDemand;
  readonly retry?: RetryDescription;
  readonly timeout?: Duration;
  readonly cache?: CallCache;
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, SecretRef>>;
  readonly isolation?: Isolation;
  /** In place of the contract's; `{}` for none. */
  readonly pools?: PoolsDescription;
}

export const CALL_KEYS: KeysOf<CallOptions> = {
  ...NODE_KEYS,
  ...{ queue: true, resources: true, retry: true, timeout: true, cache: true },
  ...{ env: true, secrets: true, isolation: true, pools: true },
};

/**
 * The overrides as the IR keeps them: only what the call says.
 *
 * @throws CompileError `unknownField` for what nothing reads; `settings` or `queue`, when the contract does not allow them.
 */
export function overridesOf(subject: string, contract: StepContract, options: CallOptions): TaskOverrides {
  refuseUnknownSettings(subject, options, 'call');
  const overrides = settingsIn(subject, () => readOverrides(options, contract.settings.retry));
  checkSettings(subject, contract, settingsOf(contract, overrides));
  return overrides;
}

function readOverrides(options: CallOptions, base: RetryPolicy): TaskOverrides {
  const { queue, resources, retry, timeout, cache, env, secrets, isolation, pools } = options;
  return {
    ...(queue !== undefined || resources !== undefined ? { resources: resourcesOf(queue, resources) } : {}),
    ...(retry === undefined ? {} : { retry: retryOf(retry, base) }),
    ...(timeout === undefined ? {} : { timeoutMs: parseDuration(timeout) }),
    ...(cache === undefined ? {} : { cache: cacheOf(cache) }),
    ...(env === undefined ? {} : { env: { ...env } }),
    ...(secrets === undefined ? {} : { secrets: { ...secrets } }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(pools === undefined ? {} : { pools: poolsOf(pools) }),
  };
}

function resourcesOf(
  queue: QueueName | undefined,
  { memory, cpu, gpu, replicas }: ResourceDemand = {},
): Partial<Resources> {
  return {
    ...(queue === undefined ? {} : { queue }),
    ...(memory === undefined ? {} : { memory: parseMemory(memory) }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(replicas === undefined ? {} : { replicas }),
  };
}

/** A longer wait before the second try lengthens the longest, unless the call sets that itself. */
function retryOf(retry: RetryDescription, base: RetryPolicy): Partial<RetryPolicy> {
  const { attempts, backoff, factor, maxBackoff, nonRetryable } = retry;
  const backoffMs = backoff === undefined ? base.backoffMs : parseDuration(backoff);
  const maxBackoffMs = maxBackoff === undefined ? Math.max(base.maxBackoffMs, backoffMs) : parseDuration(maxBackoff);
  return {
    ...(attempts === undefined ? {} : { attempts }),
    ...(backoff === undefined ? {} : { backoffMs }),
    ...(factor === undefined ? {} : { factor }),
    ...(maxBackoffMs === base.maxBackoffMs ? {} : { maxBackoffMs }),
    ...(nonRetryable === undefined ? {} : { nonRetryable: [...nonRetryable] }),
  };
}
