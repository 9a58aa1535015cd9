import type { z } from 'zod';
import { type Duration, parseDuration } from '../ir/duration.ts';
import {
  type CachePolicy,
  CONTROL_QUEUE,
  type Effects,
  type Implementation,
  type RetryPolicy,
  type StepContract,
  type TaskSettings,
} from '../ir/step-contract.ts';
import { checkContract } from './check-contract.ts';
import { CompileError } from './compile-error.ts';
import { jsonSchemaOf, plainJsonSchemaOf } from './json-schema.ts';
import { parseMemory } from './memory-size.ts';
import { refuseUnknownSettings } from './refuse-unknown-settings.ts';
import type { CacheBounds, CachePolicyName, PoolsDescription, StepDescription } from './step-description.ts';

type Description = StepDescription<z.ZodObject, z.ZodObject>;

/**
 * The contract as the IR keeps it, defaults filled in.
 *
 * @throws CompileError naming the step, for whatever cannot be kept or is refused (see `checkContract`).
 */
export function stepContractOf(description: Description, implementation: Implementation): StepContract {
  const { name } = description;
  refuseUnknownSettings(`Step '${name}'`, description, 'step');
  const contract: StepContract = {
    name,
    description: description.description ?? null,
    ...schemasOf(description, implementation),
    effects: description.effects ?? 'none',
    cost: description.cost ?? 'ordinary',
    reads: [...(description.reads ?? [])],
    sources: [...(description.sources ?? [])],
    implementation,
    settings: settingsIn(`Step '${name}'`, () => settingsOfDescription(description)),
  };
  checkContract(contract, description);
  return contract;
}

/** Where no TypeScript of the user's runs, the JSON Schema alone checks what goes in and out. */
function schemasOf(description: Description, { kind }: Implementation): Pick<StepContract, 'input' | 'output'> {
  const { name, input, output } = description;
  if (kind === 'handler' || kind === 'builtin') {
    return {
      input: jsonSchemaOf(input, 'input', `The input of step '${name}'`),
      output: jsonSchemaOf(output, 'output', `The output of step '${name}'`),
    };
  }
  return {
    input: plainJsonSchemaOf(input, `The input of step '${name}'`),
    output: plainJsonSchemaOf(output, `The output of step '${name}'`),
  };
}

/** Runs `read`, whose texts may be no durations or sizes, and says whose they are. */
export function settingsIn<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new CompileError('settings', `${subject}: ${error.message}`);
    throw error;
  }
}

function settingsOfDescription(description: Description): TaskSettings {
  const isLight = description.cost === 'light';
  const { queue, memory, cpu, gpu, replicas } = description.resources ?? {};
  return {
    resources: {
      queue: queue ?? (isLight ? CONTROL_QUEUE : 'cpu'),
      memory: memory === undefined ? null : parseMemory(memory),
      cpu: cpu ?? null,
      gpu: gpu ?? null,
      ...(replicas === undefined ? {} : { replicas }),
    },
    retry: retryOf(description),
    timeoutMs: parseDuration(description.timeout ?? (isLight ? '1s' : '1h')),
    cache: { ...defaultCache(description.effects ?? 'none'), ...cacheOf(description.cache), ...keyOf(description) },
    env: { ...description.env },
    secrets: { ...description.secrets },
    isolation: description.isolation ?? (isLight ? 'thread' : 'process'),
    ...(description.pools === undefined ? {} : { pools: poolsOf(description.pools) }),
  };
}

/** An effect that must not be repeated is not tried again unasked. */
function retryOf({ retry = {}, effects }: Description): RetryPolicy {
  const backoffMs = parseDuration(retry.backoff ?? '1s');
  return {
    attempts: retry.attempts ?? (effects === 'external' ? 1 : 3),
    backoffMs,
    factor: retry.factor ?? 2,
    maxBackoffMs: retry.maxBackoff === undefined ? Math.max(backoffMs, 60_000) : parseDuration(retry.maxBackoff),
    nonRetryable: [...(retry.nonRetryable ?? [])],
  };
}

function defaultCache(effects: Effects): CachePolicy {
  return { policy: effects === 'none' ? 'on' : 'off', ttlMs: null };
}

function keyOf({ cache }: Description): Pick<CachePolicy, 'key'> {
  return typeof cache === 'object' && cache.key !== undefined ? { key: [...cache.key] } : {};
}

/** What a description says of the cache, in the IR's words; the key, of which a call says something else, apart. */
export function cacheOf(cache: CachePolicyName | CacheBounds | undefined): Partial<CachePolicy> {
  if (cache === undefined) return {};
  if (typeof cache === 'string') return { policy: cache };
  return {
    ...(cache.policy === undefined ? {} : { policy: cache.policy }),
    ...(cache.ttl === undefined ? {} : { ttlMs: parseDuration(cache.ttl satisfies Duration) }),
  };
}

export function poolsOf(pools: PoolsDescription): Readonly<Record<string, number>> {
  return typeof pools === 'string' ? { [pools]: 1 } : { ...pools };
}
