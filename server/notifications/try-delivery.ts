import type { Delivery, NewDelivery, TryEnd } from '../../store/metadata/notification-table.ts';
import type { ServerContext } from '../server-context.ts';
import { deliver } from './deliver.ts';
import { Refusal } from './refusal.ts';

/** Longer than a try may take: while a server lives, nobody else takes what it is sending. */
export const LEASE_MS = 30_000;

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** With the pauses between them, half a day. */
const MOST_TRIES = 20;

/** When the next try is after so many; null when there is none. */
export function nextTryAt(attempts: number, now: number): number | null {
  return attempts >= MOST_TRIES ? null : now + Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
}

/**
 * One try of a delivery that was claimed, to its end in the outbox.
 *
 * @throws what the store throws, and the reason of `signal`: the delivery is free again when its lease ends.
 */
export async function tryDelivery(context: ServerContext, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { metadata, now, log } = context;
  const { id, notification, attempts } = delivery;
  const { kind, error } = await sendOnce(context, delivery, signal);
  const at = now();
  const end: TryEnd = kind === 'delivered' ? { kind, error, at } : { kind, error, at, nextAt: nextTryAt(attempts, at) };
  await metadata.notifications.endTry(delivery, end);
  if (error !== null) log.warn({ delivery: id, notification, attempts, error }, 'a notification was not delivered');
}

/** What became of one try. */
type Sent =
  | { readonly kind: 'delivered'; readonly error: string | null }
  | { readonly kind: 'refused'; readonly error: string };

export async function sendOnce(context: ServerContext, delivery: NewDelivery, signal: AbortSignal): Promise<Sent> {
  const rule = await context.metadata.notifications.get(delivery.notification);
  if (rule === null) return { kind: 'refused', error: 'The notification was deleted.' };
  try {
    return { kind: 'delivered', error: await deliver(context, delivery, rule.channel, signal) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', error: error.message };
    throw error;
  }
}
