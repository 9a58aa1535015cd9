import type { ServerContext } from '../server-context.ts';
import { deliveriesOf } from './message-of.ts';

const CONSUMER = 'notifications';
const EVENTS_A_PASS = 200;

/**
 * Puts into the outbox what notifications tell of events that came since. It reads on from where all before is in the outbox: what
 * is done again after a crash, or by two servers, gives the same ids.
 */
export async function planDeliveries({ metadata, now }: Pick<ServerContext, 'metadata' | 'now'>): Promise<void> {
  const { events, notifications } = metadata;
  const from = await events.cursor(CONSUMER);
  if (from === null) {
    await events.moveCursor(CONSUMER, null, await events.newest());
    return;
  }
  const page = await events.after(from, EVENTS_A_PASS);
  const last = page.at(-1);
  if (last === undefined) return;
  const rules = await notifications.list();
  await notifications.enqueue(page.flatMap((event) => deliveriesOf(event, rules, now())));
  await events.moveCursor(CONSUMER, from, last.sequence);
}
