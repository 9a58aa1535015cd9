import type { Firing } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';
import { fire } from './fire.ts';
import { isMeant } from './is-meant.ts';

/**
 * Tries again what could not be done when its event came, each by itself.
 *
 * @throws Error when all have to wait: Temporal or a store is away
 */
export async function fireWaiting(context: ServerContext): Promise<void> {
  for (const firing of await context.metadata.triggers.waiting()) await tryAgain(context, firing);
}

async function tryAgain(context: ServerContext, firing: Firing): Promise<void> {
  const { triggers, events } = context.metadata;
  const trigger = await triggers.get(firing.trigger);
  const [event] = await events.after(firing.sequence - 1, 1);
  if (trigger !== null && event?.key === firing.key && isMeant(trigger, event)) {
    await fire(context, trigger, event);
    return;
  }
  const what = event?.key === firing.key ? 'The trigger was deleted, or waits for something else,' : 'The event went';
  const reason = `${what} before this was mended: ${firing.reason}`;
  await triggers.addFiring({ ...firing, outcome: 'refused', reason, at: context.now() });
}
