import { artifactsIn } from '../../ir/artifact.ts';
import { exactDuration } from '../../ir/duration.ts';
import { canonicalJson } from '../../ir/json.ts';
import type { CacheLookup, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { CacheEntry } from '../../store/metadata/cache-table.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import { type CacheKey, cacheKeyOf } from './cache-key.ts';
import { isStored } from './is-stored.ts';
import { type SecretProvider, secretsFromEnvironment } from './secrets.ts';
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
}

/** What the cache has of tasks, in their order. The cache table is asked once for all. */
export async function lookUp(
  sought: readonly Sought[],
  stores: LookUpStores,
  now: number,
  secrets: SecretProvider = secretsFromEnvironment(process.env),
  fingerprintOf: typeof sourceFingerprint = rememberingFingerprints(),
): Promise<CacheLookup[]> {
  const keyed = await Promise.all(sought.map(({ dispatch }) => keyOrReason(dispatch, secrets, fingerprintOf)));
  const keys = keyed.flatMap(({ key }, index) => (key && wantsEntry(sought[index]?.dispatch) ? [key.key] : []));
  const entries =
    keys.length === 0 ? new Map<string, CacheEntry>() : await stores.metadata.cache.get([...new Set(keys)]);
  return Promise.all(
    sought.map((each, index) => {
      const found = keyed[index];
      if (!found?.key) return found?.miss ?? miss(null, 'off', 'The task was not looked up.');
      return judge(each, found.key, entries.get(found.key.key), stores, now);
    }),
  );
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
  const without = (reason: CacheLookup['reason'], detail: string) => ({ key: null, miss: miss(null, reason, detail) });
  if (settings.cache.policy === 'off') return without('off', 'The cache is off for this task.');
  if (contract.effects === 'external') {
    return without('effects', `Step '${contract.name}' has external effects: it runs each time.`);
  }
  const surroundings = await surroundingsOf(dispatch, secrets, fingerprintOf);
  if ('unknown' in surroundings) return without('noFingerprint', surroundings.unknown);
  return { key: cacheKeyOf(dispatch, surroundings), miss: null };
}

function wantsEntry(dispatch: TaskDispatch | undefined): boolean {
  return dispatch?.settings.cache.policy === 'on';
}

async function judge(
  sought: Sought,
  key: CacheKey,
  entry: CacheEntry | undefined,
  { artifacts, metadata }: LookUpStores,
  now: number,
): Promise<CacheLookup> {
  const { cache } = sought.dispatch.settings;
  if (cache.policy === 'refresh')
    return miss(key.key, 'refresh', 'The task was asked to run anew; its result is kept.');
  if (!entry) return miss(key.key, 'noEntry', await whatDiffers(sought, key, metadata));
  const made = `run ${entry.runId}, task '${entry.path}'`;
  if (cache.ttlMs !== null && now - entry.createdAt > cache.ttlMs) {
    return miss(
      key.key,
      'expired',
      `The result of ${made} is older than the ${exactDuration(cache.ttlMs)} that it may be used for.`,
    );
  }
  for (const ref of artifactsIn(entry.output)) {
    if (await isStored(ref, artifacts)) continue;
    return miss(
      key.key,
      'artifactGone',
      `The ${ref.artifact} ${ref.digest} that ${made} left is no longer in the store.`,
    );
  }
  return {
    ...{ key: key.key, reason: 'hit', detail: `The result of ${made}.`, output: entry.output, hit: true },
    origin: { runId: entry.runId, path: entry.path },
  };
}

async function whatDiffers(sought: Sought, key: CacheKey, metadata: MetadataStore): Promise<string> {
  const { pipeline, path } = sought.dispatch.task;
  const entry = (await keptByRetried(sought, metadata)) ?? (await metadata.cache.latest(pipeline, path));
  if (!entry) return `Pipeline '${pipeline}' has kept no result of '${path}' yet.`;
  const names = [...new Set([...Object.keys(entry.parts), ...Object.keys(key.parts)])];
  const differing = names.filter((name) => entry.parts[name] !== key.parts[name]).sort();
  const what = differing.length === 0 ? 'nothing that is known' : differing.join(', ');
  return `Differs from run ${entry.runId} in: ${what}.`;
}

/** What the run that is retried kept of the task, whatever later runs have kept: it is the one to compare with. */
async function keptByRetried({ dispatch, retryOf }: Sought, metadata: MetadataStore): Promise<CacheEntry | null> {
  if (retryOf === null) return null;
  const key = (await metadata.tasks.get(retryOf, dispatch.task.path))?.cache?.key ?? null;
  const entry = key === null ? undefined : (await metadata.cache.get([key])).get(key);
  return entry ? { ...entry, runId: retryOf } : null;
}

function miss(key: string | null, reason: CacheLookup['reason'], detail: string): CacheLookup {
  return { key, reason, detail, output: null, hit: false, origin: null };
}
