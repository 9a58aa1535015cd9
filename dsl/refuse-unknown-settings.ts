import { CompileError } from './compile-error.ts';
import { type KeysOf, refuseUnknownKeys } from './known-keys.ts';
import type { CacheDescription, ResourceDemand, RetryDescription, StepDescription } from './step-description.ts';

const DEMAND_KEYS: KeysOf<ResourceDemand> = { memory: true, cpu: true, gpu: true, replicas: true };
const RESOURCE_KEYS: KeysOf<NonNullable<StepDescription<never, never>['resources']>> = { ...DEMAND_KEYS, queue: true };
const RETRY_KEYS: KeysOf<RetryDescription> = {
  ...{ attempts: true, backoff: true, factor: true, maxBackoff: true, nonRetryable: true },
};
const CACHE_KEYS: KeysOf<Exclude<CacheDescription<string>, string>> = { policy: true, ttl: true, key: true };

interface Settings {
  readonly resources?: object;
  readonly retry?: object;
  readonly cache?: object | string;
}

/**
 * Refuses what the objects among a task's settings have that nothing reads.
 *
 * @param subject whose they are: a step, whose resources name its queue, or a call, whose do not.
 * @throws CompileError `unknownField`; `settings` where null stands for one that is left out.
 */
export function refuseUnknownSettings(subject: string, settings: Settings, of: 'step' | 'call'): void {
  const { resources, retry, cache } = settings;
  for (const [name, value] of Object.entries({ resources, retry, cache })) {
    if (value === null) throw new CompileError('settings', `${subject}: ${name} is null; leave it out.`);
  }
  refuseUnknownKeys(`${subject}: resources`, resources ?? {}, of === 'step' ? RESOURCE_KEYS : DEMAND_KEYS);
  refuseUnknownKeys(`${subject}: retry`, retry ?? {}, RETRY_KEYS);
  if (typeof cache === 'object') refuseUnknownKeys(`${subject}: cache`, cache, CACHE_KEYS);
}
