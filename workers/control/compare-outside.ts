import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { CacheTable } from '../../store/metadata/cache-table.ts';
import type { SecretProvider } from '../../store/secrets/secret-provider.ts';
import { type CacheKey, cacheKeyOf } from '../host/cache-key.ts';
import type { sourceFingerprint } from '../host/source-fingerprint.ts';
import { partsOutside, surroundingsOf } from '../host/surroundings.ts';

/** How the world outside is looked at. */
export interface Eyes {
  readonly secrets: SecretProvider;
  readonly fingerprintOf: typeof sourceFingerprint;
}

/** `what`: the parts of the task's key, for people. */
export type Comparison =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly what: string }
  /** Nothing was kept that the present could be compared with. */
  | { readonly kind: 'unknown'; readonly what: string };

/**
 * Whether what a task reads beside its inputs is as it was when it had the key `then`. All else that makes a key has to
 * be the same already.
 */
export async function compareOutside(
  dispatch: TaskDispatch,
  then: string | null,
  cache: CacheTable,
  { secrets, fingerprintOf }: Eyes,
): Promise<Comparison> {
  const parts = partsOutside(dispatch);
  if (parts.length === 0) return { kind: 'same' };
  if (then === null) return { kind: 'unknown', what: parts.join(', ') };
  const surroundings = await surroundingsOf(dispatch, secrets, fingerprintOf);
  if ('unknown' in surroundings) return { kind: 'differs', what: `${parts.join(' or ')} (${surroundings.unknown})` };
  const now = cacheKeyOf(dispatch, surroundings);
  if (now.key === then) return { kind: 'same' };
  return { kind: 'differs', what: (await differing(now, then, cache)) ?? parts.join(' or ') };
}

/** Null where the result was not kept, and the parts of its key with it. */
async function differing({ parts }: CacheKey, then: string, cache: CacheTable): Promise<string | null> {
  const entry = (await cache.get([then])).get(then);
  if (!entry) return null;
  return Object.keys(parts)
    .filter((name) => parts[name] !== entry.parts[name])
    .sort()
    .join(', ');
}
