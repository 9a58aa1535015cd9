import type { Schedule } from '../../store/metadata/schedule-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

/** @throws ApiProblem `notFound`. */
export async function findSchedule({ metadata, project }: ServerContext, name: string): Promise<Schedule> {
  const schedule = await metadata.schedules.get(name);
  if (schedule !== null) return schedule;
  throw new ApiProblem('notFound', `Project ${project} has no schedule ${name}.`, {
    next: 'List them with `millrace schedules list`.',
  });
}
