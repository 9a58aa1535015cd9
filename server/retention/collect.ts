import type { Expired, RetentionCuts } from '../../store/metadata/retention-table.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { collectContent, type FamilyCollection } from './collect-content.ts';
import { neededContent } from './needed-content.ts';
import type { RetentionPolicy } from './read-policy.ts';

export interface CollectionOrder {
  readonly policy: RetentionPolicy;
  /** Whose runs, logs and results go; null for all. What nothing needs goes whoever made it. */
  readonly pipeline: string | null;
  /** How long what nothing needs is left. */
  readonly graceMs: number;
  /** Says what would go, and changes nothing. */
  readonly dryRun: boolean;
}

export interface Collection extends Expired {
  readonly dryRun: boolean;
  /** What happened, and what triggers did about it. */
  readonly events: number;
  readonly content: readonly FamilyCollection[];
  /** Why large payloads of Temporal's were left alone; null where they were looked through. */
  readonly payloadsLeft: string | null;
}

export const GRACE_MS = 24 * 60 * 60 * 1_000;

/** A client puts a workflow's arguments, and then starts it: never as much earlier as this. */
const PUT_BEFORE_START_MS = 60 * 60 * 1_000;

/**
 * Removes what has expired, and then what nothing needs any more. Of that goes what was condemned, by an earlier look,
 * before anything began that goes on still: whoever has put it or asked for it since has acquitted it, and who did before
 * has ended, with all that it refers to written down.
 */
export async function collect(context: ServerContext, order: CollectionOrder): Promise<Collection> {
  const { retention } = context.metadata;
  const now = context.now();
  const cuts = cutsOf(order, now);
  // Before anything is read or removed: a run that ends from here on has its references in what is read later.
  const settled = await settledSince(context, now, order.graceMs);
  const expired = await retention.expired(cuts);
  if (!order.dryRun) {
    for (const run of expired.runs) await retention.deleteRun(run);
    await retention.deleteExpired(cuts);
  }
  // Events are of a project, not of a pipeline.
  const events = order.pipeline === null ? await forgetEvents(context, now - order.policy.eventsMs, order.dryRun) : 0;
  const needed = await neededContent(context, cuts);
  const { dryRun } = order;
  const ours = { families: ['files', 'folders', 'blobs'], needed, settled, dryRun } as const;
  const content = await collectContent(context, ours);
  const payloads = await collectPayloads(context, settled, dryRun);
  return {
    ...{ ...expired, dryRun, events },
    content: [...content, ...payloads.content],
    payloadsLeft: payloads.left,
  };
}

/** @returns how many events and firings went, or would have */
async function forgetEvents({ metadata, log }: ServerContext, before: number, dryRun: boolean): Promise<number> {
  const { events, triggers } = metadata;
  const count = (await events.countBefore(before)) + (await triggers.countFiringsBefore(before));
  if (!dryRun) {
    for (const { consumer, events: unread } of await events.deleteBefore(before)) {
      log.warn(
        { consumer, unread },
        'events went that their consumer had not read for as long as retention keeps them',
      );
    }
    await triggers.deleteFiringsBefore(before);
  }
  return count;
}

function cutsOf({ policy, pipeline }: CollectionOrder, now: number): RetentionCuts {
  const before = (ms: number | null) => (ms === null ? null : now - ms);
  const { runs, logsMs, artifactsMs } = policy;
  return {
    pipeline,
    runsBefore: runs?.kind === 'age' ? now - runs.ms : null,
    runsKept: runs?.kind === 'count' ? runs.count : null,
    logsBefore: before(logsMs),
    artifactsBefore: before(artifactsMs),
  };
}

/** Up to when all that was done with content is written down: what was under way then has ended, a grace ago. */
async function settledSince({ metadata }: ServerContext, now: number, graceMs: number): Promise<number> {
  const oldest = await metadata.retention.oldestUnsettled(now - graceMs);
  return Math.min(now - graceMs, oldest === null ? now : oldest - 1);
}

/** Only histories and schedules refer to payloads, so that nothing is known of them while Temporal does not answer. */
async function collectPayloads(
  context: ServerContext,
  settled: number,
  dryRun: boolean,
): Promise<{ readonly content: readonly FamilyCollection[]; readonly left: string | null }> {
  if (context.temporal === null) return { content: [], left: 'This API was started without Temporal.' };
  try {
    const { oldest, payloads } = await context.temporal.knownPayloads(context.project);
    const started = Math.min(context.now(), oldest ?? context.now()) - PUT_BEFORE_START_MS;
    const plan = { families: ['payloads'], needed: payloads, settled: Math.min(settled, started), dryRun } as const;
    return { content: await collectContent(context, plan), left: null };
  } catch (error) {
    if (error instanceof TemporalAway) return { content: [], left: error.message };
    throw error;
  }
}
