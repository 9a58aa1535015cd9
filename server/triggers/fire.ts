import { conditionText } from '../../ir/condition-text.ts';
import type { BindingSource } from '../../ir/evaluate-binding.ts';
import { evaluateCondition } from '../../ir/evaluate-condition.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import type { Firing, Trigger } from '../../store/metadata/trigger-table.ts';
import { ApiProblem, type ProblemCode } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';
import { factsOf, startTriggeredRun, triggeredRunId } from './start-triggered-run.ts';

type Outcome = Pick<Firing, 'outcome' | 'runId' | 'reason'>;

/** Runs that triggers start in a row, each by what the one before did. Longer chains are circles that nobody saw. */
const LONGEST_ROW = 20;

/**
 * What a trigger does about an event that it is for: once, and written down. It may be begun again after a crash, and by two
 * servers at once: the run is the same.
 *
 * @throws Error when the run has to wait: Temporal or a store is away, or no worker fits yet
 */
export async function fire(context: ServerContext, trigger: Trigger, event: Event): Promise<void> {
  const { triggers } = context.metadata;
  if (await triggers.hasFired(trigger.name, event.key)) return;
  const depth = (await rowBefore(context, event)) + 1;
  const done = await outcomeOf(context, trigger, event, depth);
  const { name } = trigger;
  const { key, sequence, at: eventAt } = event;
  const { kind } = trigger.spec.on;
  await triggers.addFiring({ trigger: name, key, sequence, kind, eventAt, ...done, depth, at: context.now() });
  context.log.info({ trigger: name, event: key, ...done }, 'a trigger fired');
}

/** Age comes of no run: what is stale may be made anew for ever. */
async function rowBefore({ metadata }: ServerContext, event: Event): Promise<number> {
  if (event.kind === 'stale' || !('run' in event) || event.run === null) return 0;
  return metadata.triggers.depthOf(event.run);
}

async function outcomeOf(context: ServerContext, trigger: Trigger, event: Event, depth: number): Promise<Outcome> {
  const { runs } = context.metadata;
  const runId = triggeredRunId(trigger.name, event.key);
  // A run that has its row would be pending for ever, if what the trigger says now kept it back.
  const kept = (await runs.outline(runId)) === null ? keptBack(trigger, event, depth) : null;
  if (kept !== null) return kept;
  try {
    await startTriggeredRun(context, trigger, event);
  } catch (error) {
    if (!isFinal(error, context.now() - event.at)) throw error;
    // Where there is a row, the run was cancelled before it began, and its row says so.
    if ((await runs.outline(runId)) === null) return { outcome: 'refused', runId: null, reason: error.message };
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

/** About the submission itself: waiting for it would keep the events after it from their runs for ever. */
const FINAL: ReadonlySet<ProblemCode> = new Set([
  ...(['invalidParams', 'invalidPartition', 'invalidPipeline'] as const),
  ...(['notFound', 'noSuchPool', 'noSuchNotification', 'conflict'] as const),
]);

/** How long an event waits for a worker that fits: one that is started anew is away for a while. */
const FITTING_MS = 10 * 60_000;

function isFinal(error: unknown, ageMs: number): error is ApiProblem {
  if (!(error instanceof ApiProblem)) return false;
  return FINAL.has(error.code) || (error.code === 'noWorkerFits' && ageMs >= FITTING_MS);
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
