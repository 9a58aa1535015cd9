import { canonicalJson } from '../../ir/json.ts';
import type { CacheLookup, TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { CacheEntry } from '../../store/metadata/cache-table.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { SecretProvider } from '../../store/secrets/secret-provider.ts';
import { type CacheKey, cacheKeyOf } from './cache-key.ts';
import { claimResults } from './claim-results.ts';
import { judgeEntry, missed, refreshed } from './judge-entry.ts';
import { nearestResult } from './nearest-result.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { surroundingsOf } from './surroundings.ts';

export interface LookUpStores {
  readonly artifacts: ArtifactStore;
  readonly metadata: MetadataStore;
}

/** A task to be looked up; `retryOf` is the run that its run retries. */
export interface Sought {
  readonly dispatch: TaskDispatch;
  readonly retryOf: string | null;
  /** The task under way that it was last told to wait for. */
  readonly awaited?: TaskOrigin | null;
  /** False for a task that cannot begin yet; left out, it does. */
  readonly claims?: boolean;
}

/**
 * What the cache has of tasks, in their order. The cache table is asked once for all. Of tasks that make the same result,
 * in this run or another, one misses; the others are told to wait for it.
 */
export async function lookUp(
  sought: readonly Sought[],
  stores: LookUpStores,
  now: number,
  secrets: SecretProvider,
  fingerprintOf: typeof sourceFingerprint = rememberingFingerprints(),
): Promise<CacheLookup[]> {
  const keyed = await Promise.all(sought.map(({ dispatch }) => keyOrReason(dispatch, secrets, fingerprintOf)));
  const asked = sought.flatMap((each, index) => {
    const key = keyed[index]?.key;
    return key ? [{ ...each, key }] : [];
  });
  const found = (await lookUpKeyed(asked, stores, now)).values();
  return keyed.map((each) => each.miss ?? (found.next().value as CacheLookup));
}

/** The key as it is at this moment; null when the task has none. */
export async function keyNow(dispatch: TaskDispatch, secrets: SecretProvider): Promise<CacheKey | null> {
  return (await keyOrReason(dispatch, secrets, sourceFingerprint)).key;
}

/** The items of a fan-out mostly read the same file: it is looked at once for all of them. */
export function rememberingFingerprints(): typeof sourceFingerprint {
  const known = new Map<string, Promise<string | null>>();
  return (source) => {
    const name = canonicalJson(source ?? null);
    const fingerprint = known.get(name) ?? sourceFingerprint(source);
    known.set(name, fingerprint);
    return fingerprint;
  };
}

type KeyOrReason = { readonly key: CacheKey; readonly miss: null } | { readonly key: null; readonly miss: CacheLookup };

async function keyOrReason(
  dispatch: TaskDispatch,
  secrets: SecretProvider,
  fingerprintOf: typeof sourceFingerprint,
): Promise<KeyOrReason> {
  const { contract, settings } = dispatch;
  const without = (reason: CacheLookup['reason'], detail: string) => ({
    key: null,
    miss: missed(null, reason, detail),
  });
  if (settings.cache.policy === 'off') return without('off', 'The cache is off for this task.');
  if (contract.effects === 'external') {
    return without('effects', `Step '${contract.name}' has external effects: it runs each time.`);
  }
  const surroundings = await surroundingsOf(dispatch, secrets, fingerprintOf);
  if ('unknown' in surroundings) return without('noFingerprint', surroundings.unknown);
  return { key: cacheKeyOf(dispatch, surroundings), miss: null };
}

interface Keyed extends Sought {
  readonly key: CacheKey;
}

async function lookUpKeyed(asked: readonly Keyed[], stores: LookUpStores, now: number): Promise<CacheLookup[]> {
  if (asked.length === 0) return [];
  const found = await findKept(asked, stores, now);
  const misses = asked.filter(({ claims = true }, index) => claims && !found[index]?.hit);
  const claimed = await claimResults(
    misses.map(({ dispatch, key }) => ({ dispatch, key: key.key })),
    stores.metadata.cache,
    now,
  );
  // What was made between the look and the claim is there by now: it is kept before its task's end is written.
  const mine = misses.filter((each, index) => claimed[index] === null && wantsEntry(each));
  const again = await findKept(mine, stores, now);
  return Promise.all(
    asked.map(async (each, index) => {
      const first = found[index];
      if (first?.hit) return first;
      const holder = claimed[misses.indexOf(each)] ?? null;
      if (holder) return underWay(each.key.key, holder);
      const late = again[mine.indexOf(each)] ?? null;
      return (late?.hit ? late : first) ?? notKept(each, stores.metadata);
    }),
  );
}

/** Null for what is not there. */
async function findKept(
  asked: readonly Keyed[],
  { artifacts, metadata }: LookUpStores,
  now: number,
): Promise<readonly (CacheLookup | null)[]> {
  const keys = asked.filter(wantsEntry).map(({ key }) => key.key);
  const entries: ReadonlyMap<string, CacheEntry> =
    keys.length === 0 ? new Map() : await metadata.cache.get([...new Set(keys)]);
  return Promise.all(
    asked.map((each) => {
      const entry = entries.get(each.key.key);
      if (entry) return judgeEntry(each, entry, artifacts, now);
      return each.dispatch.settings.cache.policy === 'refresh' ? refreshed(each.key.key) : null;
    }),
  );
}

/** One that runs anew takes nothing but what it was told to wait for. */
function wantsEntry({ dispatch, awaited = null }: Sought): boolean {
  return dispatch.settings.cache.policy === 'on' || awaited !== null;
}

function underWay(key: string, holder: TaskOrigin): CacheLookup {
  const detail = `Waits for run ${holder.runId}, task '${holder.path}', which computes the same.`;
  return { ...missed(key, 'underWay', detail), origin: holder };
}

async function notKept({ dispatch, retryOf, key }: Keyed, metadata: MetadataStore): Promise<CacheLookup> {
  const nearest = await nearestResult(dispatch, retryOf, key, metadata);
  const { pipeline, path } = dispatch.task;
  if (!nearest) return missed(key.key, 'noEntry', `Pipeline '${pipeline}' has kept no result of '${path}' yet.`);
  const what = nearest.parts.length === 0 ? 'nothing that is known' : nearest.parts.join(', ');
  return missed(key.key, 'noEntry', `Differs from run ${nearest.runId} in: ${what}.`, nearest);
}
