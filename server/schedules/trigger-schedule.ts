import { setTimeout as delay } from 'node:timers/promises';
import { startedRunAt } from '../../ir/protocol/scheduled-start.ts';
import type { Triggered } from '../schemas/schedule.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway, type TemporalGateway } from '../temporal/temporal-gateway.ts';
import { findSchedule } from './find-schedule.ts';

/** Temporal starts a run well within this, unless the overlap policy keeps it from it. */
const LOOKS = 20;
const EVERY_MS = 100;

/**
 * Starts a run for the present, paused or not; what goes on may keep it from that, as the overlap policy says. Asked twice
 * within a second, it is one run.
 *
 * @throws TemporalAway
 */
export async function triggerSchedule(context: ServerContext, name: string): Promise<Triggered> {
  const { temporal, project } = context;
  const schedule = await findSchedule(context, name);
  if (temporal === null) throw new TemporalAway('This API was started without Temporal, which starts the runs.');
  await temporal.schedules.apply(project, schedule);
  const at = Math.floor(context.now() / 1_000) * 1_000;
  const { runId, workflowId, logicalTime } = startedRunAt(project, name, at);
  await temporal.schedules.trigger(project, name, at, schedule.spec.overlap);
  return { runId, logicalTime, started: await hasStarted(temporal, project, name, workflowId) };
}

async function hasStarted(temporal: TemporalGateway, project: string, name: string, workflowId: string) {
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await delay(EVERY_MS);
    const timing = await temporal.schedules.describe(project, name);
    if (timing?.recent.some((each) => each.workflowId === workflowId)) return true;
  }
  return false;
}
