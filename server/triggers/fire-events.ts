import type { Event } from '../../store/metadata/event-table.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';
import { fire } from './fire.ts';
import { isMeant } from './is-meant.ts';
import { seeMetric } from './see-metric.ts';
import { seePublication, seeStale } from './see-publication.ts';

const CONSUMER = 'triggers';
const EVENTS_A_PAGE = 100;

/**
 * Takes all events that no pass has taken, in their order, and moves the cursor after each page. A firing that has to wait is
 * written down and keeps no other; while Temporal or a store is away all wait, for what an event is to start must not be lost.
 *
 * @throws Error for what passes, as TemporalAway and MetadataError: the pass is to be made again
 */
export async function fireEvents(context: ServerContext): Promise<void> {
  const { events, triggers } = context.metadata;
  const cursor = await events.cursor(CONSUMER);
  // From the very first, for a trigger may have been made before any server looked; it knows itself since when it fires.
  const page = await events.after(cursor ?? 0, EVENTS_A_PAGE);
  const last = page.at(-1);
  if (last === undefined) return;
  const all = await triggers.list();
  for (const event of page) await take(context, all, event);
  // Another server may have moved it: it has done, or will do, the very same.
  await events.moveCursor(CONSUMER, cursor, last.sequence);
  await fireEvents(context);
}

async function take(context: ServerContext, triggers: readonly Trigger[], event: Event): Promise<void> {
  for (const trigger of triggers) {
    if (event.kind === 'runEnded') await seeMetric(context, trigger, event);
    if (event.kind === 'artifactPublished') await seePublication(context, trigger, event);
    if (event.kind === 'stale') await seeStale(context, trigger, event);
    if (isMeant(trigger, event)) await fire(context, trigger, event);
  }
}
