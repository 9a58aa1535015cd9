import type { Event } from '../../store/metadata/event-table.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';

/** Whether a trigger is for an event, before its condition is asked. */
export function isMeant({ name, spec: { on, since, watched } }: Trigger, event: Event): boolean {
  if (event.sequence <= since || event.kind !== on.kind) return false;
  // What was found by a trigger's own watching is for that trigger, as long as it watches the same.
  if ('watched' in event) return event.trigger === name && event.watched === watched;
  switch (on.kind) {
    case 'runEnded':
      return event.kind === 'runEnded' && event.pipeline === on.pipeline && on.statuses.includes(event.status);
    case 'artifactPublished':
      return (
        event.kind === 'artifactPublished' &&
        event.pipeline === on.pipeline &&
        (on.task === null || event.task === on.task) &&
        (on.artifact === null || event.artifact === on.artifact)
      );
    case 'versionAdded':
      return event.kind === 'versionAdded' && event.model === on.model;
    case 'aliasMoved':
      return event.kind === 'aliasMoved' && event.model === on.model && event.alias === on.alias;
    default:
      return false;
  }
}
