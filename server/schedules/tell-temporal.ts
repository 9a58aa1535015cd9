import type { Schedule } from '../../store/metadata/schedule-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ScheduleState } from '../schemas/schedule.ts';
import type { ServerContext } from '../server-context.ts';
import { ScheduleRefused } from '../temporal/schedule-gateway.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';

/**
 * Tells Temporal of a schedule as it is kept now. While Temporal is away nothing is lost: it is told when it is back, by
 * `reconcileSchedules`.
 *
 * @throws ApiProblem `invalidSchedule` for what Temporal does not take.
 */
export async function tellTemporal(context: ServerContext, schedule: Schedule): Promise<ScheduleState> {
  const { temporal, project } = context;
  const later = 'It is kept, and starts runs from when the system is up with Temporal.';
  if (temporal === null) return { schedule, timing: null, notices: [later] };
  try {
    await temporal.schedules.apply(project, schedule);
    return { schedule, timing: await temporal.schedules.describe(project, schedule.name), notices: [] };
  } catch (error) {
    if (error instanceof ScheduleRefused) throw refused(schedule, error);
    if (error instanceof TemporalAway) return { schedule, timing: null, notices: [`${error.message} ${later}`] };
    throw error;
  }
}

function refused({ name }: Schedule, error: ScheduleRefused): ApiProblem {
  return new ApiProblem(
    'invalidSchedule',
    `Schedule ${name} is kept, and Temporal does not take it: ${error.message}.`,
    {
      next: `Change it: millrace schedules update ${name}`,
      cause: error,
    },
  );
}

/** A schedule with what Temporal tells of it now. */
export async function stateOf(context: ServerContext, schedule: Schedule): Promise<ScheduleState> {
  const { temporal, project } = context;
  const unknown = 'When it starts runs next is not known.';
  if (temporal === null) return { schedule, timing: null, notices: [`No Temporal is up. ${unknown}`] };
  try {
    const timing = await temporal.schedules.describe(project, schedule.name);
    const isTold = timing !== null && timing.generation === schedule.generation;
    return { schedule, timing, notices: isTold ? [] : ['Temporal has not been told of it yet, as it is now.'] };
  } catch (error) {
    if (!(error instanceof TemporalAway)) throw error;
    return { schedule, timing: null, notices: [`${error.message} ${unknown}`] };
  }
}
