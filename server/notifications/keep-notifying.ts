import type { Delivery } from '../../store/metadata/notification-table.ts';
import type { ServerContext } from '../server-context.ts';
import { planDeliveries } from './plan-deliveries.ts';
import { LEASE_MS, tryDelivery } from './try-delivery.ts';

const EVERY_MS = 1_000;
/** Deliveries under way to one target: one that hangs holds up its own alone, and there are as many targets as rules. */
const AT_ONCE = 2;
const DAY_MS = 86_400_000;
const HISTORY_MS = 30 * DAY_MS;
/** It takes the lock that all who write wait for. */
const FORGET_EVERY_MS = 3_600_000;

/**
 * Tells what happens, from now on and every second, without keeping the process alive. An API that was started for one command, without
 * Temporal, leaves it to the system.
 *
 * @returns what stops it; tries that are under way are given up, and made again by the next server
 */
export function keepNotifying(context: ServerContext): () => void {
  if (context.temporal === null) return () => undefined;
  const stopping = new AbortController();
  const underWay = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;
  const { metadata, now, log } = context;
  const pass = async (): Promise<void> => {
    await notifyOnce(context, underWay, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error({ err: error }, 'notifications wait for the store');
    });
    if (!stopping.signal.aborted) timer = setTimeout(() => void pass(), EVERY_MS).unref();
  };
  const forget = (): void => {
    metadata.notifications.deleteBefore(now() - HISTORY_MS).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error({ err: error }, 'old deliveries stay for another hour');
    });
  };
  const forgetting = setInterval(forget, FORGET_EVERY_MS).unref();
  forget();
  void pass();
  return () => {
    stopping.abort();
    clearInterval(forgetting);
    if (timer !== null) clearTimeout(timer);
  };
}

/** Begins what is due; does not wait for it to end. @param underWay tries that go on, by notification */
export async function notifyOnce(
  context: ServerContext,
  underWay: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { metadata, now } = context;
  await planDeliveries(context);
  for (const name of await metadata.notifications.due(now())) {
    const limit = AT_ONCE - (underWay.get(name) ?? 0);
    if (limit <= 0 || signal.aborted) continue;
    const claim = { now: now(), leaseUntil: now() + LEASE_MS, limit };
    for (const delivery of await metadata.notifications.claim(name, claim)) {
      void begin(context, delivery, underWay, signal);
    }
  }
}

async function begin(
  context: ServerContext,
  delivery: Delivery,
  underWay: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const { notification, id } = delivery;
  underWay.set(notification, (underWay.get(notification) ?? 0) + 1);
  try {
    await tryDelivery(context, delivery, signal);
  } catch (error) {
    if (!signal.aborted)
      context.log.error({ err: error, delivery: id }, 'a delivery is tried again when its lease ends');
  } finally {
    underWay.set(notification, (underWay.get(notification) ?? 1) - 1);
  }
}
