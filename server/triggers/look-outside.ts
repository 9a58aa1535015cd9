import type { Trigger } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';
import { lookForPartitions } from './look-for-partitions.ts';
import { lookAtAge } from './see-publication.ts';

/** Triggers whose places are looked at, at the same time. */
const AT_ONCE = 4;

/** Looks at what triggers wait for that nobody tells. One that cannot look says why, and keeps none of the others. */
export async function lookOutside(context: ServerContext): Promise<void> {
  const watching = (await context.metadata.triggers.list()).filter(
    ({ paused, spec: { on } }) => !paused && (on.kind === 'partitionArrived' || on.kind === 'stale'),
  );
  const waiting = [...watching];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await lookAt(context, next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function lookAt(context: ServerContext, trigger: Trigger): Promise<void> {
  const failure = await lookFor(context, trigger).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (failure !== null) context.log.warn({ trigger: trigger.name, failure }, 'a trigger could not look');
  await context.metadata.triggers.looked(trigger, failure, context.now());
}

async function lookFor(context: ServerContext, trigger: Trigger): Promise<void> {
  if (trigger.spec.on.kind === 'stale') await lookAtAge(context, trigger);
  else await lookForPartitions(context, trigger);
}
