import type { Invariant } from '../ended-run.ts';

/** Whatever befalls a run and its parts, they are continued long before Temporal would end them (decision 18). */
const MOST_EVENTS = 12_000;

export const roomInHistories: Invariant = {
  name: 'histories stay small',
  violationsIn: ({ histories }) =>
    histories.flatMap(({ workflowId, events }) =>
      events.length < MOST_EVENTS ? [] : [`${workflowId} has a history of ${events.length} events`],
    ),
};
