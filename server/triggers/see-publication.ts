import type { ArtifactPublished, Stale } from '../../ir/event-facts.ts';
import type { TriggerMemory } from '../../ir/trigger.ts';
import type { Event } from '../../store/metadata/event-table.ts';
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
 * Remembers of which publication it was told that it is too old: the event goes in time, and must not be told again then. In the
 * events' order, so that a publication which came before it is not taken for an older one.
 */
export async function seeStale({ metadata }: ServerContext, trigger: Trigger, event: Event<Stale>): Promise<void> {
  if (event.trigger !== trigger.name || event.watched !== trigger.spec.watched) return;
  const { memory } = await metadata.triggers.watch(trigger);
  await metadata.triggers.remember(trigger, { ...memory, told: event.published }, event.sequence);
}

/**
 * Tells that what was published last has become too old: once for each publication. Before the first that was seen, the
 * newest run that succeeded counts, and without one the making of the trigger.
 */
export async function lookAtAge(context: ServerContext, trigger: Trigger): Promise<void> {
  const { on, watched } = trigger.spec;
  if (on.kind !== 'stale') return;
  const { memory } = await context.metadata.triggers.watch(trigger);
  const { at, run } = await newest(context, trigger, on.pipeline, memory);
  const published = new Date(at).toISOString();
  if (context.now() - at <= on.afterMs || memory?.told === published) return;
  const of = { trigger: trigger.name, watched, pipeline: on.pipeline };
  const facts = { kind: 'stale', ...of, published, run } as const;
  await context.metadata.events.append(`stale:${trigger.name}:${watched}:${published}`, facts, context.now());
}

interface Publication {
  readonly at: number;
  readonly run: string | null;
}

async function newest(
  { metadata }: ServerContext,
  trigger: Trigger,
  pipeline: string,
  memory: TriggerMemory | null,
): Promise<Publication> {
  if (typeof memory?.at === 'number') return { at: memory.at, run: String(memory.run) };
  const [last] = (await metadata.runs.list({ pipeline, status: 'succeeded', limit: 1 })).items;
  if (last?.endedAt != null) return { at: last.endedAt, run: last.id };
  const [made] = (await metadata.triggers.history(trigger.name, { limit: 1_000 })).items.slice(-1);
  return { at: made?.updatedAt ?? trigger.updatedAt, run: null };
}
