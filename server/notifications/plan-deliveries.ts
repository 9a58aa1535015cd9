import type { ServerContext } from '../server-context.ts';
import { deliveriesOf } from './message-of.ts';

const CONSUMER = 'notifications';
const EVENTS_A_PAGE = 200;

/**
 * Puts into the outbox what notifications tell of events that came since. It reads on from where all before is in the outbox: what
 * is done again after a crash, or by two servers, gives the same ids.
 */
export async function planDeliveries({ metadata, now }: Pick<ServerContext, 'metadata' | 'now'>): Promise<void> {
  const { events, notifications } = metadata;
  const from = await events.cursor(CONSUMER);
  // From the very first, for a notification may have been made before any server looked; it knows itself since when it tells.
  const page = await events.after(from ?? 0, EVENTS_A_PAGE);
  const last = page.at(-1);
  if (last === undefined) return;
  const rules = await notifications.list();
  await notifications.enqueue(page.flatMap((event) => deliveriesOf(event, rules, now())));
  await events.moveCursor(CONSUMER, from, last.sequence);
  if (page.length === EVENTS_A_PAGE) await planDeliveries({ metadata, now });
}
