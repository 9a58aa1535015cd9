import type { TriggerSource } from '../../ir/trigger.ts';
import type { NewTrigger, Trigger } from '../../store/metadata/trigger-table.ts';
import { ApiProblem } from '../http/problem.ts';

/**
 * Refuses what would go round for ever: pipelines that start one another by their ends, or by what they make. What watches a
 * limit may start the pipeline that it watches, for it fires once.
 *
 * @throws ApiProblem `invalidTrigger` that tells the way round
 */
export function refuseLoops(trigger: NewTrigger, all: readonly Trigger[]): void {
  const others = all.filter(({ name }) => name !== trigger.name);
  const way = wayTo(sourcePipeline(trigger.spec.on), trigger.pipeline, others, []);
  if (way === null) return;
  throw new ApiProblem(
    'invalidTrigger',
    `Trigger ${trigger.name} would start runs without end: ${[...way, trigger.pipeline].join(' → ')}.`,
    { next: 'Start one of them by a schedule, or by an event of another kind.' },
  );
}

/** From a pipeline, by what triggers start, to another. */
function wayTo(
  wanted: string | null,
  from: string,
  triggers: readonly Trigger[],
  before: readonly string[],
): readonly string[] | null {
  const way = [...before, from];
  if (from === wanted) return way;
  for (const { pipeline, spec } of triggers) {
    if (sourcePipeline(spec.on) !== from || way.includes(pipeline)) continue;
    const found = wayTo(wanted, pipeline, triggers, way);
    if (found !== null) return found;
  }
  return null;
}

function sourcePipeline(on: TriggerSource): string | null {
  return on.kind === 'runEnded' || on.kind === 'artifactPublished' ? on.pipeline : null;
}
