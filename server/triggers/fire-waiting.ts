import type { Firing } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';
import { fire } from './fire.ts';
import { isMeant } from './is-meant.ts';

/**
 * Passes that try again what could not be done when its event came, each by itself. A server that was down, or for which Temporal
 * or a store was away, begins to wait anew: meanwhile nobody could have mended anything.
 *
 * @returns a pass, which throws when all have to wait: Temporal or a store is away
 */
export function waitingPasses(context: ServerContext): () => Promise<void> {
  let triedSince = context.now();
  return async () => {
    try {
      await fireWaiting(context, triedSince);
    } catch (error) {
      triedSince = context.now();
      throw error;
    }
  };
}

async function fireWaiting(context: ServerContext, triedSince: number): Promise<void> {
  const waiting = await context.metadata.triggers.waiting();
  // What waits for a worker would never get as far as to ask.
  if (waiting.length > 0) await context.temporal?.check();
  for (const firing of waiting) await tryAgain(context, firing, triedSince);
}

async function tryAgain(context: ServerContext, firing: Firing, triedSince: number): Promise<void> {
  const { triggers, events } = context.metadata;
  const trigger = await triggers.get(firing.trigger);
  const [event] = await events.after(firing.sequence - 1, 1);
  if (trigger !== null && event?.key === firing.key && isMeant(trigger, event)) {
    await fire(context, trigger, event, triedSince);
    return;
  }
  const what = event?.key === firing.key ? 'The trigger was deleted, or waits for something else,' : 'The event went';
  const reason = `${what} before this was mended: ${firing.reason}`;
  await triggers.addFiring({ ...firing, outcome: 'refused', reason, at: context.now() });
}
