import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndedRun, Invariant, PromotedModel } from '../ended-run.ts';
import { bookingKey, bookOnce } from '../pipeline/booking.ts';
import { onceEach } from '../starts/start.ts';
import { invariantsOf } from './all.ts';
import { cancelledEnd } from './cancelled-end.ts';
import { began, goodAttempt, goodRun, goodTask } from './good-run.suite.ts';
import { nothingAgain } from './nothing-again.ts';
import { onlyTheRest } from './only-the-rest.ts';
import { ownEffects } from './own-effects.ts';
import { promotionsOnce } from './promotions-once.ts';
import { roomInHistories } from './room-in-histories.ts';
import { wholeGangs } from './whole-gangs.ts';

let folder = '';
let good: EndedRun;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-invariants-'));
  good = goodRun(folder);
  await bookOnce(folder, bookingKey(good.id, 'book'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const withTasks = (...changed: EndedRun['detail']['tasks']): Partial<EndedRun> => {
  const others = good.detail.tasks.filter(({ path }) => changed.every((task) => task.path !== path));
  return { detail: { ...good.detail, tasks: [...others, ...changed] } };
};
const withPromoted = (change: (promoted: PromotedModel) => Partial<PromotedModel>): Partial<EndedRun> => ({
  promoted: good.promoted.map((promoted) => ({ ...promoted, ...change(promoted) })),
});
const notBegun = {
  kind: 'worker',
  name: 'NotBegun',
  message: 'it had not begun',
  stack: null,
  retryable: false,
} as const;

/** What is amiss, and what is said of it. */
const CASES: readonly (readonly [string, Invariant, () => Partial<EndedRun>, string])[] = [
  [
    'a gang that was done and runs again',
    nothingAgain,
    () => ({ deliveries: [...good.deliveries, { path: 'pair', attempt: 3, rank: 1, scheduled: 30, completed: 31 }] }),
    'pair was done at event 21 and ordered again at 30',
  ],
  [
    'a replica that began without being ordered',
    nothingAgain,
    () => ({ ledger: [...good.ledger, began('pair@1', 3)] }),
    'pair began 5 times, 4 at most were due',
  ],
  [
    'replicas that were told of different others',
    wholeGangs,
    () => ({ ledger: [...good.ledger, began('pair@1', 2, ['a:2', 'c:2'])] }),
    'the replicas of attempt 2 of pair were told of a:2, b:2 and of a:2, c:2',
  ],
  [
    'a gang of which one never began',
    wholeGangs,
    () => ({ ledger: good.ledger.filter(({ path, attempt }) => path !== 'pair@1' || attempt === 1) }),
    'pair@1 had not begun in attempt 2 of pair, whose output was taken',
  ],
  [
    'a gang of which one failed',
    wholeGangs,
    () => ({ attempts: good.attempts.filter(({ path }) => path !== 'pair@1') }),
    'pair@1 has not succeeded in attempt 2 of pair, whose output was taken',
  ],
  [
    'a mail that was sent twice',
    ownEffects,
    () => ({ ledger: [...good.ledger, began('mail', 2)] }),
    'mail began 2 times, and is succeeded',
  ],
  [
    'a mail that was begun and says that it was not',
    ownEffects,
    () => {
      const attempts = [{ ...goodAttempt('mail', 1), status: 'failed', failure: notBegun } as const];
      const { detail = good.detail } = withTasks(goodTask('mail', { step: 'mail', status: 'failed' }));
      return { detail: { ...detail, attempts } };
    },
    'mail began, and says NotBegun: it had not begun',
  ],
  [
    'a mail that succeeded without being sent',
    ownEffects,
    () => ({ ledger: good.ledger.filter(({ event }) => event !== 'effect') }),
    'mail succeeded, and nothing was sent',
  ],
  ['a booking that was lost', ownEffects, () => withTasks(goodTask('late', { step: 'book' })), 'late is not booked'],
  [
    'a booking under another key',
    ownEffects,
    () => withTasks(goodTask('book', { step: 'work' })),
    '"run book" is booked, which no task has as its key',
  ],
  [
    'an alias that was moved twice to one version',
    promotionsOnce,
    () =>
      withPromoted(({ model }) => {
        const { history } = model;
        return {
          model: { ...model, history: { ...history, items: [...history.items.slice(0, 1), ...history.items] } },
        };
      }),
    'the alias of m went nothing → 1, 1 → 2, 1 → 2 in place of nothing → 1, 1 → 2',
  ],
  [
    'a version too many',
    promotionsOnce,
    () => withPromoted(({ promotions }) => ({ promotions: promotions.slice(0, 1) })),
    'm has the versions 1, 2, of 1 promotions',
  ],
  [
    'traffic that still goes to the version before',
    promotionsOnce,
    () =>
      withPromoted(({ endpoint }) => ({
        endpoint: endpoint && { ...endpoint, traffic: [{ model: 'm', version: 1, percent: 100 }] },
      })),
    'endpoint m gives v1 100%, not all to v2',
  ],
  [
    'a promotion that was rolled back',
    promotionsOnce,
    () =>
      withPromoted(({ promotions }) => ({
        promotions: promotions.map((one) => ({ ...one, status: 'rolledBack', reason: 'every replica is gone' })),
      })),
    'm v1 was rolledBack: every replica is gone',
  ],
  [
    'a cancelled run without its onExit',
    cancelledEnd,
    () => withTasks(goodTask('onExit/farewell', { status: 'cancelled' })),
    'onExit/farewell is cancelled',
  ],
  [
    'a cancelled run with a task that goes on',
    cancelledEnd,
    () => withTasks(goodTask('mail', { status: 'running', endedAt: null })),
    'mail is running for ever',
  ],
  [
    'a part with a history that is too long',
    roomInHistories,
    () => ({
      histories: [...good.histories, { workflowId: 'default/part/run/wide[0]', events: Array(12_000).fill({}) }],
    }),
    'default/part/run/wide[0] has a history of 12000 events',
  ],
  [
    'a retry that does anew what was done',
    onlyTheRest,
    () => ({ retryOf: good.detail }),
    'mail was done in run and began again',
  ],
];

describe('an invariant', () => {
  it.each(CASES)('sees %s', async (_, { violationsIn }, change, due) => {
    expect(await violationsIn(good)).toEqual([]);
    expect(await violationsIn({ ...good, ...change() })).toContain(due);
  });

  it.each([
    ['which is a violation where nobody asked for it', false, ['a run ends as it would have']],
    ['as it may where the suite asked for it', true, []],
  ])('sees a run that has ended as cancelled, %s', async (_, wasCancelled, due) => {
    const attempts = [...good.attempts];
    const detail = { ...good.detail, attempts, run: { ...good.detail.run, status: 'cancelled' as const } };
    const run: EndedRun = { ...good, detail, wasCancelled };
    const broken: string[] = [];
    for (const { name, violationsIn } of invariantsOf(run)) if ((await violationsIn(run)).length > 0) broken.push(name);
    expect(broken).toEqual(due);
  });

  it('sees runs that were lost, doubled, not due or failed', () => {
    const run = { id: 'r', status: 'succeeded', error: null } as const;
    expect(
      onceEach(
        ['a', 'b'],
        [
          { for: 'a', run },
          { for: 'b', run },
        ],
      ),
    ).toEqual([]);
    const failed = { id: 's', status: 'failed', error: 'it broke' } as const;
    const begun = [
      { for: 'a', run },
      { for: 'a', run: failed },
      { for: 'c', run },
    ];
    expect(onceEach(['a', 'b'], begun)).toEqual([
      ...['a has begun 2 runs: r, s', 'b has begun 0 runs: ', 'c was not due and has begun r'],
      's is failed: it broke',
    ]);
  });
});
