import { describe, expect, it } from 'vitest';
import type { ApprovalOpened, RunEnded } from '../../ir/event-facts.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import { newDelivery, newNotification } from '../../store/metadata/notification-table.suite.ts';
import { mailText, slackBody, webhookBody } from './message-forms.ts';
import { deliveriesOf, messageOf } from './message-of.ts';
import { nextTryAt } from './try-delivery.ts';

const ended: Event<RunEnded> = {
  ...({ kind: 'runEnded', version: 1, status: 'failed' } as const),
  ...{ run: 'r1', pipeline: 'flights', error: 'train: no rows' },
  ...{ partition: null, logicalTime: null, schedule: null, backfill: null, sequence: 1, key: 'runEnded:r1', at: 9 },
};
const opened: Event<ApprovalOpened> = {
  kind: 'approvalOpened',
  ...{ run: 'r1', pipeline: 'flights', task: 'gate/ship', message: 'Ship it?', roles: [] },
  ...{ sequence: 2, key: 'approvalOpened:r1:gate/ship', at: 9 },
};

describe('a message', () => {
  it('says how a run ended, with the command that shows more', () => {
    expect(messageOf(ended)).toMatchObject({
      ...{ event: 'runFailed', title: 'Run r1 of flights failed', detail: 'train: no rows' },
      next: 'millrace runs get r1',
    });
    expect(messageOf({ ...ended, status: 'cancelled', partition: '2001-06' })).toMatchObject({
      ...{ event: 'runCancelled', title: 'Run r1 of flights for 2001-06 was cancelled' },
    });
  });

  it('says which approval is due, with the command that decides', () => {
    expect(messageOf(opened)).toMatchObject({
      ...{ event: 'approvalDue', task: 'gate/ship', detail: 'Ship it?' },
      next: "millrace runs approve r1 'gate/ship'",
    });
  });

  it('says which partition is late', () => {
    const late = { kind: 'partitionLate', trigger: 'days', pipeline: 'flights', partition: '2001-06-01' } as const;
    const facts = { path: '/data/2001-06-01', due: '2001-06-02T06:00:00Z', sequence: 3, key: 'k', at: 9 };
    expect(messageOf({ ...late, ...facts })).toMatchObject({
      ...{ event: 'partitionLate', title: 'Partition 2001-06-01 of flights has not arrived', run: null },
      ...{ detail: 'It was due at 2001-06-02T06:00:00Z, at /data/2001-06-01.', next: 'millrace triggers get days' },
    });
  });

  it('has a bound, whatever the failure says', () => {
    const message = messageOf({ ...ended, error: 'x'.repeat(100_000) });
    expect(JSON.stringify(message).length).toBeLessThan(3_000);
  });
});

describe('notifications tell', () => {
  const rule = { ...newNotification('n'), createdAt: 50, since: 0 };
  const names = (event: Parameters<typeof deliveriesOf>[0], changes: Partial<typeof rule> = {}) =>
    deliveriesOf(event, [{ ...rule, ...changes }], 10).map(({ notification }) => notification);

  it('of the events and pipelines that they name, since they were made', () => {
    expect([names(ended), names(opened)]).toEqual([['n'], ['n']]);
    expect(names({ ...ended, status: 'succeeded' })).toEqual([]);
    expect(names({ ...ended, pipeline: 'other' })).toEqual([]);
    expect(names({ ...ended, pipeline: 'other' }, { pipelines: null })).toEqual(['n']);
    expect(names(ended, { since: ended.sequence })).toEqual([]);
  });

  it('the same event with the same id, and others with others', () => {
    const idOf = (event: Parameters<typeof deliveriesOf>[0], name = 'n') =>
      deliveriesOf(event, [{ ...rule, name }], Math.random())[0]?.id;
    expect(idOf(ended)).toBe(idOf(ended));
    expect(new Set([idOf(ended), idOf(opened), idOf(ended, 'm')]).size).toBe(3);
  });
});

describe('in the form of', () => {
  const delivery = newDelivery('d', 'n');
  const hostile = {
    ...delivery.message,
    title: 'a\r\nBcc: eve@example.org\r\n\r\nb',
    detail: '<!channel> & <http://x|y>',
  };

  it('a webhook it has all in fields', () => {
    expect(JSON.parse(webhookBody('default', delivery))).toMatchObject({
      ...{ id: 'd', notification: 'n', project: 'default', event: 'runFailed', run: 'r' },
    });
  });

  it('Slack a failure mentions nobody', () => {
    const { text } = JSON.parse(slackBody(hostile));
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;http://x|y&gt;');
  });

  it('a mail the subject is one line', () => {
    expect(mailText('default', hostile).subject).toBe('[Millrace] a Bcc: eve@example.org b');
  });
});

it('tries go on ever more slowly, for half a day', () => {
  const pauses = Array.from({ length: 20 }, (_, tried) => nextTryAt(tried + 1, 0));
  expect(pauses.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
  expect(pauses[18]).toBe(3_600_000);
  expect(pauses[19]).toBeNull();
  const all = pauses.reduce<number>((sum, pause) => sum + (pause ?? 0), 0);
  expect(all / 3_600_000).toBeGreaterThan(10);
  expect(all / 3_600_000).toBeLessThan(14);
});
