import { conditionText } from '../../ir/condition-text.ts';
import type { BindingSource } from '../../ir/evaluate-binding.ts';
import { evaluateCondition } from '../../ir/evaluate-condition.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import type { Firing, Trigger } from '../../store/metadata/trigger-table.ts';
import { isStoreAway } from '../../store/store-away.ts';
import { ApiProblem, type ProblemCode } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { factsOf, startTriggeredRun, triggeredRunId } from './start-triggered-run.ts';

type Outcome = Pick<Firing, 'outcome' | 'runId' | 'reason'>;

/** Runs that triggers start in a row, each by what the one before did. Longer chains are circles that nobody saw. */
const LONGEST_ROW = 20;

/**
 * What a trigger does about an event that it is for: once, and written down. It may be begun again after a crash, and by two
 * servers at once: the run is the same. What cannot be done now is written down as waiting, for `waitingPasses`.
 *
 * @param triedSince since when nothing but the event's own matter has kept it from its run, in milliseconds since the epoch
 * @throws Error when all have to wait: Temporal or a store is away
 */
export async function fire(
  context: ServerContext,
  trigger: Trigger,
  event: Event,
  triedSince = context.now(),
): Promise<void> {
  const { triggers } = context.metadata;
  const before = await triggers.firing(trigger.name, event.key);
  if (before !== null && before.outcome !== 'waiting') return;
  const depth = (await rowBefore(context, event)) + 1;
  const since = before?.at ?? context.now();
  const done = await outcomeOf(context, trigger, event, { depth, since: Math.max(since, triedSince) });
  if (done.outcome === 'waiting' && done.reason === before?.reason) return;
  const { name } = trigger;
  const { key, sequence, at: eventAt } = event;
  const { kind } = trigger.spec.on;
  const at = done.outcome === 'waiting' ? since : context.now();
  await triggers.addFiring({ trigger: name, key, sequence, kind, eventAt, ...done, depth, at });
  context.log.info({ trigger: name, event: key, ...done }, 'a trigger fired');
}

/** Age comes of no run: what is stale may be made anew for ever. */
async function rowBefore({ metadata }: ServerContext, event: Event): Promise<number> {
  if (event.kind === 'stale' || !('run' in event) || event.run === null) return 0;
  return metadata.triggers.depthOf(event.run);
}

interface Place {
  readonly depth: number;
  /** From when its patience counts. */
  readonly since: number;
}

async function outcomeOf(
  context: ServerContext,
  trigger: Trigger,
  event: Event,
  { depth, since }: Place,
): Promise<Outcome> {
  const { runs } = context.metadata;
  const runId = triggeredRunId(trigger.name, event.key);
  // A run that has its row is started by whoever finds it first, whatever the trigger says now.
  const kept = (await runs.outline(runId)) === null ? keptBack(trigger, event, depth) : null;
  if (kept !== null) return kept;
  try {
    await startTriggeredRun(context, trigger, event);
  } catch (error) {
    if (isAway(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const hasRow = (await runs.outline(runId)) !== null;
    if (!isFinal(error)) {
      // What is not known to stay is logged whole: nobody foresaw it.
      if (!(error instanceof ApiProblem))
        context.log.warn({ err: error, trigger: trigger.name }, 'a firing has to wait');
      const isOver = !hasRow && context.now() - since >= PATIENCE_MS;
      return { outcome: isOver ? 'refused' : 'waiting', runId: null, reason };
    }
    // Where there is a row, the run was cancelled before it began, and its row says so.
    if (!hasRow) return { outcome: 'refused', runId: null, reason };
  }
  return { outcome: 'started', runId, reason: null };
}

/** What keeps an event from starting a run, before anything is asked for it; null where nothing does. */
function keptBack(trigger: Trigger, event: Event, depth: number): Outcome | null {
  if (trigger.paused) return { outcome: 'paused', runId: null, reason: trigger.note };
  try {
    const untrue = filteredBy(trigger, event);
    if (untrue !== null) return { outcome: 'filtered', runId: null, reason: untrue };
  } catch (error) {
    if (!(error instanceof TaskFailed)) throw error;
    return { outcome: 'refused', runId: null, reason: error.message };
  }
  if (depth <= LONGEST_ROW) return null;
  const reason = `It would be run ${depth} in a row that triggers start, each by what the one before did, and ${LONGEST_ROW} are the most: the triggers go round. Change or delete one of them.`;
  return { outcome: 'refused', runId: null, reason };
}

/** About the submission itself, which waiting does not mend. */
const FINAL: ReadonlySet<ProblemCode> = new Set([
  ...(['invalidParams', 'invalidPartition', 'invalidPipeline'] as const),
  ...(['notFound', 'conflict'] as const),
]);

function isFinal(error: unknown): boolean {
  return error instanceof ApiProblem && FINAL.has(error.code);
}

/**
 * How long an event waits for what is missing: a worker that fits, a file of the pipeline's, a pool, a notification. What is started
 * anew is away for a while, and what somebody has deleted can be made again.
 * It is time in which this server could try: not while it was down, or Temporal away.
 */
const PATIENCE_MS = 10 * 60_000;

/** What keeps every firing from its run, and is waited for as long as it takes. */
function isAway(error: unknown): boolean {
  return isStoreAway(error) || error instanceof TemporalAway;
}

/** The condition that does not hold; null where there is none. */
function filteredBy({ spec: { where } }: Trigger, event: Event): string | null {
  if (where === null) return null;
  const facts = factsOf(event);
  const { holds } = evaluateCondition(where, { ...NOTHING, param: () => facts });
  return holds ? null : `${conditionText(where, 'event')} is not true`;
}

/** Of an event, nothing but its facts can be asked. */
const NOTHING: Omit<BindingSource, 'param'> = {
  output: () => undefined,
  item: () => undefined,
  carried: () => undefined,
  run: () => null,
  registered: () => undefined,
};
