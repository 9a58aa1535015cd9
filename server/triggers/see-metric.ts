import type { MetricCrossed, RunEnded } from '../../ir/event-facts.ts';
import type { MetricCrossedSource } from '../../ir/trigger.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import type { ListedMetric } from '../../store/metadata/task-table.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * Looks at the metric that a run measured, and tells of it when it went beyond the limit: the first time, and again only after
 * it has been back. The event is written before what is remembered, so that a crash between the two loses none.
 */
export async function seeMetric(context: ServerContext, trigger: Trigger, event: Event<RunEnded>): Promise<void> {
  const { on, since, watched } = trigger.spec;
  if (on.kind !== 'metricCrossed' || trigger.paused || event.sequence <= since) return;
  if (event.pipeline !== on.pipeline || event.status !== 'succeeded') return;
  const { triggers, events } = context.metadata;
  const watch = await triggers.watch(trigger);
  if (watch.asOf >= event.sequence) return;
  const metric = await worst(context, on, event.run);
  if (metric === null) {
    await triggers.looked(trigger, `Run ${event.run} measured no ${on.metric}.`, context.now());
    return;
  }
  const beyond = on.side === 'above' ? metric.value > on.limit : metric.value < on.limit;
  if (beyond && watch.memory?.beyond !== true) {
    const key = `metricCrossed:${trigger.name}:${watched}:${event.key}`;
    await events.append(key, crossed(trigger, on, event, metric), event.at);
  }
  await triggers.remember(trigger, { beyond, value: metric.value }, event.sequence);
  await triggers.looked(trigger, null, context.now());
}

/** Where several tasks measure it, the one that is farthest to the side that is watched. Not-a-number is none. */
async function worst(context: ServerContext, on: MetricCrossedSource, runId: string): Promise<ListedMetric | null> {
  const measured = (await context.metadata.tasks.metrics(runId)).filter(
    ({ name, path, value }) => name === on.metric && (on.task === null || path === on.task) && !Number.isNaN(value),
  );
  const sign = on.side === 'above' ? 1 : -1;
  return [...measured].sort((left, right) => sign * (right.value - left.value))[0] ?? null;
}

function crossed(
  { name: trigger, spec: { watched } }: Trigger,
  { metric, limit, side }: MetricCrossedSource,
  { run, pipeline, partition }: RunEnded,
  { path: task, value }: ListedMetric,
): MetricCrossed {
  return { kind: 'metricCrossed', trigger, watched, run, pipeline, task, metric, value, limit, side, partition };
}
