import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { deliveriesIn } from './deliveries.ts';

const { HistoryEvent } = proto.temporal.api.history.v1;
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const ordered = (path: string, attempt: number) => ({
  activityTaskScheduledEventAttributes: { input: { payloads: [{ data: bytes({ attempt }) }] } },
  userMetadata: { summary: { data: bytes(path) } },
});
const done = (scheduledEventId: number) => ({ activityTaskCompletedEventAttributes: { scheduledEventId } });
const history = (workflowId: string, ...events: readonly object[]) => ({
  workflowId,
  events: events.map((event, index) => HistoryEvent.fromObject({ eventId: index + 1, ...event })),
});

describe('the deliveries of a run', () => {
  it('are those of its parts, too, and what is continued comes after what it continues', () => {
    const histories = [
      history('run', ordered('first', 1), done(1)),
      history('part', {}, ordered('loop[0]/work', 1), done(2)),
      history('part', ordered('loop[0]/work', 2), ordered('loop[1]/work', 1), done(2)),
    ];
    const first = { path: 'first', attempt: 1, rank: 0, scheduled: 1, completed: 2 };
    const again = [
      { path: 'loop[0]/work', attempt: 1, rank: 0, scheduled: 4, completed: 5 },
      { path: 'loop[0]/work', attempt: 2, rank: 0, scheduled: 6, completed: null },
    ];
    const next = { path: 'loop[1]/work', attempt: 1, rank: 0, scheduled: 7, completed: 8 };
    expect(deliveriesIn(histories)).toEqual([first, ...again, next]);
  });
});
