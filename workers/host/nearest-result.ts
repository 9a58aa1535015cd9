import type { ComparedResult, TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { KeptParts } from '../../store/metadata/cache-table.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { CacheKey } from './cache-key.ts';

/** An older one is nearer when somebody goes back to what they had before their last try or two. */
const LOOKED_AT = 10;

/**
 * The earlier result of a task whose key differs least from this one: what the run that is retried kept, or the nearest of
 * the newest that the same pipeline kept at the same place.
 */
export async function nearestResult(
  { task }: TaskDispatch,
  retryOf: string | null,
  key: CacheKey,
  metadata: MetadataStore,
): Promise<ComparedResult | null> {
  const retried = retryOf === null ? null : await keptByRetried(task.path, retryOf, metadata);
  const kept = retried ? [retried] : await metadata.cache.recent(task.pipeline, task.path, LOOKED_AT);
  const compared = kept.map(({ runId, path, parts }) => ({ runId, path, parts: differing(parts, key.parts) }));
  return compared.reduce<ComparedResult | null>(
    (nearest, each) => (nearest && nearest.parts.length <= each.parts.length ? nearest : each),
    null,
  );
}

/** Whatever later runs have kept: the run that is retried is the one to compare with. */
async function keptByRetried(
  path: string,
  retryOf: string,
  { tasks, cache }: MetadataStore,
): Promise<KeptParts | null> {
  const key = (await tasks.get(retryOf, path))?.cache?.key ?? null;
  const entry = key === null ? undefined : (await cache.get([key])).get(key);
  return entry ? { runId: retryOf, path, parts: entry.parts, createdAt: entry.createdAt } : null;
}

type Parts = Readonly<Record<string, string>>;

function differing(then: Parts, now: Parts): readonly string[] {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return names.filter((name) => then[name] !== now[name]).sort();
}
