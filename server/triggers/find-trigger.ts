import type { Trigger } from '../../store/metadata/trigger-table.ts';
import { ApiProblem } from '../http/problem.ts';
import type { TriggerState } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';

/** @throws ApiProblem `notFound`. */
export async function findTrigger({ metadata, project }: ServerContext, name: string): Promise<Trigger> {
  const trigger = await metadata.triggers.get(name);
  if (trigger !== null) return trigger;
  throw noTrigger(project, name);
}

/** For what stays of triggers that were deleted. @throws ApiProblem `notFound` for a name that none ever had. */
export async function requireKnown({ metadata, project }: ServerContext, name: string): Promise<void> {
  const { items } = await metadata.triggers.history(name, { limit: 1 });
  if (items.length === 0) throw noTrigger(project, name);
}

function noTrigger(project: string, name: string): ApiProblem {
  return new ApiProblem('notFound', `Project ${project} has no trigger ${name}.`, {
    next: 'List them with `millrace triggers list`.',
  });
}

/** A trigger, with how its last look went. */
export async function triggerState({ metadata }: ServerContext, trigger: Trigger): Promise<TriggerState> {
  const { lookedAt, failure } = await metadata.triggers.watch(trigger);
  return { trigger, look: lookedAt === null ? null : { at: lookedAt, failure } };
}
