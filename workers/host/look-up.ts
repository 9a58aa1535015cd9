import { artifactsIn } from '../../ir/artifact.ts';
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

/** What is known of tasks from earlier runs, in the order of the dispatches. The cache table is asked once for all. */
export async function lookUp(
  dispatches: readonly TaskDispatch[],
  stores: LookUpStores,
  now: number,
  secrets: SecretProvider = secretsFromEnvironment(process.env),
  fingerprintOf: typeof sourceFingerprint = rememberingFingerprints(),
): Promise<CacheLookup[]> {
  const keyed = await Promise.all(dispatches.map((dispatch) => keyOrReason(dispatch, secrets, fingerprintOf)));
  const keys = keyed.flatMap(({ key }, index) => (key && wantsEntry(dispatches[index]) ? [key.key] : []));
  const entries =
    keys.length === 0 ? new Map<string, CacheEntry>() : await stores.metadata.cache.get([...new Set(keys)]);
  return Promise.all(
    dispatches.map((dispatch, index) => {
      const found = keyed[index];
      if (!found?.key) return found?.miss ?? miss(null, 'off', 'The task was not looked up.');
      return judge(dispatch, found.key, entries.get(found.key.key), stores, now);
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
  dispatch: TaskDispatch,
  key: CacheKey,
  entry: CacheEntry | undefined,
  { artifacts, metadata }: LookUpStores,
  now: number,
): Promise<CacheLookup> {
  const { cache } = dispatch.settings;
  if (cache.policy === 'refresh')
    return miss(key.key, 'refresh', 'The task was asked to run anew; its result is kept.');
  if (!entry) return miss(key.key, 'noEntry', await whatDiffers(dispatch, key, metadata));
  const origin = `run ${entry.runId}, task '${entry.path}'`;
  if (cache.ttlMs !== null && now - entry.createdAt > cache.ttlMs) {
    return miss(
      key.key,
      'expired',
      `The result of ${origin} is older than the ${cache.ttlMs} ms that it may be used for.`,
    );
  }
  for (const ref of artifactsIn(entry.output)) {
    if (await isStored(ref, artifacts)) continue;
    return miss(
      key.key,
      'artifactGone',
      `The ${ref.artifact} ${ref.digest} that ${origin} left is no longer in the store.`,
    );
  }
  return { key: key.key, reason: 'hit', detail: `The result of ${origin}.`, output: entry.output, hit: true };
}

async function whatDiffers(dispatch: TaskDispatch, key: CacheKey, metadata: MetadataStore): Promise<string> {
  const { contract, task } = dispatch;
  const latest = await metadata.cache.latest(contract.name, task.path);
  if (!latest) return `No result of step '${contract.name}' at '${task.path}' is kept yet.`;
  const names = [...new Set([...Object.keys(latest.parts), ...Object.keys(key.parts)])];
  const differing = names.filter((name) => latest.parts[name] !== key.parts[name]).sort();
  const what = differing.length === 0 ? 'nothing that is known' : differing.join(', ');
  return `Differs from run ${latest.runId} in: ${what}.`;
}

function miss(key: string | null, reason: CacheLookup['reason'], detail: string): CacheLookup {
  return { key, reason, detail, output: null, hit: false };
}
