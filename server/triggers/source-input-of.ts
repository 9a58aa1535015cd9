import type { SourceInput } from '../../ir/source-input.ts';
import type { PartitionArrivedSource, TriggerSource } from '../../ir/trigger.ts';

/** What a trigger waits for as it would be given. */
export function sourceInputOf(on: TriggerSource): SourceInput {
  switch (on.kind) {
    case 'partitionArrived': {
      const { kind, place, from, lateAfterMs } = on;
      const late = lateAfterMs === null ? {} : { lateAfter: `${lateAfterMs}ms` };
      return { kind, ...placeInput(place), ...(from === null ? {} : { from }), ...late };
    }
    case 'stale': {
      const { kind, pipeline, artifact, afterMs } = on;
      return { kind, pipeline, artifact, olderThan: `${afterMs}ms` };
    }
    case 'runEnded':
      return { ...on, statuses: [...on.statuses] };
    default:
      return on;
  }
}

function placeInput(place: PartitionArrivedSource['place']) {
  const { kind: _, rows, ...where } = place;
  return { ...where, ...(rows === null ? {} : { rows }) };
}
