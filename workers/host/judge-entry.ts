import { artifactsIn } from '../../ir/artifact.ts';
import { exactDuration, roughDuration } from '../../ir/duration.ts';
import type { CacheLookup, ComparedResult, TaskDispatch, TaskOrigin } from '../../ir/protocol/task-dispatch.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { CacheEntry } from '../../store/metadata/cache-table.ts';
import { isStored } from './is-stored.ts';

/** What a kept result is to a task that asks for it at this moment. */
export async function judgeEntry(
  { dispatch, awaited = null }: { readonly dispatch: TaskDispatch; readonly awaited?: TaskOrigin | null },
  entry: CacheEntry,
  artifacts: ArtifactStore,
  now: number,
): Promise<CacheLookup> {
  const { policy, ttlMs } = dispatch.settings.cache;
  const { key, runId, path, output } = entry;
  const made = `run ${runId}, task '${path}'`;
  const compared = { runId, path, parts: [] };
  // Made while this task asked for it: however new it was to be, it is.
  const isAwaited = awaited?.runId === runId && awaited.path === path;
  if (policy === 'refresh' && !isAwaited) return refreshed(key);
  const age = now - entry.createdAt;
  if (ttlMs !== null && age > ttlMs && !isAwaited) {
    const detail = `The result of ${made} is ${roughDuration(age)} old; this task takes none older than ${exactDuration(ttlMs)}.`;
    return missed(key, 'expired', detail, compared);
  }
  for (const ref of artifactsIn(output)) {
    if (await isStored(ref, artifacts)) continue;
    const detail = `The ${ref.artifact} ${ref.digest} that ${made} left is no longer in the store.`;
    return missed(key, 'artifactGone', detail, compared);
  }
  const detail = `The result of ${made}${isAwaited ? ', which was waited for' : ''}.`;
  return { key, reason: 'hit', detail, output, hit: true, origin: { runId, path } };
}

export function refreshed(key: string): CacheLookup {
  return missed(key, 'refresh', 'The task was asked to run anew; its result is kept.');
}

export function missed(
  key: string | null,
  reason: CacheLookup['reason'],
  detail: string,
  compared: ComparedResult | null = null,
): CacheLookup {
  const miss = { key, reason, detail, output: null, hit: false, origin: null };
  return compared === null ? miss : { ...miss, compared };
}
