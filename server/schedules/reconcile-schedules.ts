import type { Schedule } from '../../store/metadata/schedule-table.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway, type TemporalGateway } from '../temporal/temporal-gateway.ts';

const EVERY_MS = 60_000;
/** A Temporal that starts together with this server is there soon, and what is due waits for it. */
const WHILE_AWAY_MS = 2_000;

/** Reconciles now and every minute, without keeping the process alive. @returns what stops it */
export function keepSchedules(context: ServerContext): () => void {
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  const pass = async (): Promise<void> => {
    const next = await passed(context);
    if (!isStopped) timer = setTimeout(() => void pass(), next).unref();
  };
  void pass();
  return () => {
    isStopped = true;
    if (timer !== null) clearTimeout(timer);
  };
}

/** @returns milliseconds until the next pass */
async function passed(context: ServerContext): Promise<number> {
  try {
    await reconcileSchedules(context);
    return EVERY_MS;
  } catch (error) {
    if (error instanceof TemporalAway) return WHILE_AWAY_MS;
    context.log.error({ err: error }, 'schedules could not be reconciled with Temporal');
    return EVERY_MS;
  }
}

/**
 * Makes Temporal's schedules as they are kept here: those that it lacks, that it was not told of since they changed, or that
 * were paused or unpaused past this API; and takes away those that were deleted while it was away.
 *
 * @throws TemporalAway
 */
export async function reconcileSchedules(context: ServerContext): Promise<void> {
  const { temporal, metadata } = context;
  if (temporal === null) return;
  for (const schedule of await metadata.schedules.list()) {
    await reconcile(context, temporal, schedule).catch((error: unknown) => {
      // One that Temporal does not take must not keep the others from it.
      if (error instanceof TemporalAway) throw error;
      context.log.error({ err: error, schedule: schedule.name }, 'a schedule could not be told to Temporal');
    });
  }
  for (const name of await metadata.schedules.deleted()) await temporal.schedules.remove(context.project, name);
}

async function reconcile(context: ServerContext, temporal: TemporalGateway, schedule: Schedule): Promise<void> {
  const timing = await temporal.schedules.describe(context.project, schedule.name);
  if (timing?.generation === schedule.generation && timing.paused === schedule.paused) return;
  await temporal.schedules.apply(context.project, schedule);
  context.log.info({ schedule: schedule.name, generation: schedule.generation }, 'told Temporal of a schedule');
}
