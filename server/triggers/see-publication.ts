import type { ArtifactPublished, Event } from '../../store/metadata/event-table.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';

/** Remembers what a pipeline published last, for a trigger that waits for it to become old. */
export async function seePublication(
  { metadata }: ServerContext,
  trigger: Trigger,
  event: Event<ArtifactPublished>,
): Promise<void> {
  const { on } = trigger.spec;
  if (on.kind !== 'stale' || event.pipeline !== on.pipeline) return;
  if (on.artifact !== null && event.artifact !== on.artifact) return;
  await metadata.triggers.remember(trigger, { at: event.at, run: event.run }, event.sequence);
}

/**
 * Tells that what was published last has become too old: once for each publication. Before the first that was seen, the
 * newest run that succeeded counts, and without one the making of the trigger.
 */
export async function lookAtAge(context: ServerContext, trigger: Trigger): Promise<void> {
  const { on, watched } = trigger.spec;
  if (on.kind !== 'stale') return;
  const { at, run } = await newest(context, trigger, on.pipeline);
  if (context.now() - at <= on.afterMs) return;
  const published = new Date(at).toISOString();
  const of = { trigger: trigger.name, watched, pipeline: on.pipeline };
  const facts = { kind: 'stale', ...of, published, run } as const;
  await context.metadata.events.append(`stale:${trigger.name}:${watched}:${published}`, facts, context.now());
}

interface Publication {
  readonly at: number;
  readonly run: string | null;
}

async function newest({ metadata }: ServerContext, trigger: Trigger, pipeline: string): Promise<Publication> {
  const { memory } = await metadata.triggers.watch(trigger);
  if (typeof memory?.at === 'number') return { at: memory.at, run: String(memory.run) };
  const [last] = (await metadata.runs.list({ pipeline, status: 'succeeded', limit: 1 })).items;
  if (last?.endedAt != null) return { at: last.endedAt, run: last.id };
  const [made] = (await metadata.triggers.history(trigger.name, { limit: 1_000 })).items.slice(-1);
  return { at: made?.updatedAt ?? trigger.updatedAt, run: null };
}
