import { conditionText } from '../../ir/condition-text.ts';
import { exactDuration } from '../../ir/duration.ts';
import type { PartitionArrivedSource, TriggerSource } from '../../ir/trigger.ts';
import type { TriggerState } from '../../server/client.ts';
import { momentText } from '../output/durations.ts';

/** A trigger for people: what it waits for, what it starts, and how its last look went. */
export function triggerText({ trigger, look }: TriggerState): string {
  const { name, pipeline, version, params, priority, note, generation, updatedAt, updatedBy, paused, spec } = trigger;
  const bound = Object.entries(spec.bind).map(([param, path]) => `${param} = ${['event', ...path].join('.')}`);
  return [
    `${name}  ${paused ? 'paused' : 'active'}: starts ${pipeline}, ${version === null ? 'latest' : `version ${version}`}`,
    ...(note === null ? [] : [`note: ${note}`]),
    `when: ${sourceText(spec.on)}`,
    ...(spec.where === null ? [] : [`where: ${conditionText(spec.where, 'event')}`]),
    `params: ${JSON.stringify(params)}${bound.length === 0 ? '' : `, and ${bound.join(', ')}`}`,
    ...(spec.partition === null ? [] : [`partition: ${['event', ...spec.partition].join('.')}`]),
    ...(priority === null ? [] : [`priority: ${priority}`]),
    ...(look === null ? [] : [`looked at ${momentText(look.at)} UTC: ${look.failure ?? 'it went well'}`]),
    `changed by ${updatedBy} at ${momentText(updatedAt)} UTC (generation ${generation})`,
  ].join('\n');
}

export function sourceText(on: TriggerSource): string {
  switch (on.kind) {
    case 'runEnded':
      return `a run of ${on.pipeline} ended as ${on.statuses.join(' or ')}`;
    case 'artifactPublished':
      return `${on.task ?? 'a task'} of ${on.pipeline} made ${on.artifact ?? 'an artifact'}`;
    case 'versionAdded':
      return `${on.model} has another version`;
    case 'aliasMoved':
      return `${on.model}@${on.alias} moved`;
    case 'partitionArrived': {
      const late = on.lateAfterMs === null ? '' : `, late ${exactDuration(on.lateAfterMs)} after its end`;
      return `a partition ${placeText(on.place)}${late}`;
    }
    case 'metricCrossed':
      return `${on.metric} of ${on.pipeline} went ${on.side} ${on.limit}`;
    case 'stale':
      return `${on.artifact ?? 'what'} ${on.pipeline} published is older than ${exactDuration(on.afterMs)}`;
    case 'webhook':
      return 'a signed request came';
  }
}

function placeText(place: PartitionArrivedSource['place']): string {
  if (place.kind === 'query') return `has ${place.rows} by ${place.query} (${place.database})`;
  const { path, files, rows } = place;
  const least = [...(files === 1 ? [] : [`${files} files`]), ...(rows === null ? [] : [`${rows} rows`])];
  return `lies at ${path}${least.length === 0 ? '' : ` (${least.join(', ')})`}`;
}
