import { conditionText } from '../../ir/condition-text.ts';
import type { BindingSource } from '../../ir/evaluate-binding.ts';
import { evaluateCondition } from '../../ir/evaluate-condition.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import type { Firing, Trigger } from '../../store/metadata/trigger-table.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway } from '../temporal/temporal-gateway.ts';
import { factsOf, startTriggeredRun } from './start-triggered-run.ts';

type Outcome = Pick<Firing, 'outcome' | 'runId' | 'reason'>;

/**
 * What a trigger does about an event that it is for: once, and written down. It may be begun again after a crash, and by two
 * servers at once: the run is the same.
 *
 * @throws TemporalAway when the run has to wait
 */
export async function fire(context: ServerContext, trigger: Trigger, event: Event): Promise<void> {
  const { triggers } = context.metadata;
  if (await triggers.hasFired(trigger.name, event.key)) return;
  const done = await outcomeOf(context, trigger, event);
  const { name } = trigger;
  const { key, sequence, at: eventAt } = event;
  const { kind } = trigger.spec.on;
  await triggers.addFiring({ trigger: name, key, sequence, kind, eventAt, ...done, at: context.now() });
  context.log.info({ trigger: name, event: key, ...done }, 'a trigger fired');
}

async function outcomeOf(context: ServerContext, trigger: Trigger, event: Event): Promise<Outcome> {
  const no = { runId: null, reason: null };
  if (trigger.paused) return { ...no, outcome: 'paused', reason: trigger.note };
  try {
    const untrue = filteredBy(trigger, event);
    if (untrue !== null) return { ...no, outcome: 'filtered', reason: untrue };
    return { outcome: 'started', runId: await startTriggeredRun(context, trigger, event), reason: null };
  } catch (error) {
    // What passes by itself is waited for. All else would keep the events after it waiting for ever.
    if (error instanceof TemporalAway || isStoreAway(error)) throw error;
    return { ...no, outcome: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

function isStoreAway(error: unknown): boolean {
  return error instanceof MetadataError && (error.kind === 'unavailable' || error.kind === 'noSpace');
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
