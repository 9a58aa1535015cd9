import { digestOfJson } from '../../ir/digest.ts';
import { partOf } from '../../ir/evaluate-binding.ts';
import type { JsonObject, JsonValue } from '../../ir/json.ts';
import { isoSeconds } from '../../ir/read-partition.ts';
import type { Event } from '../../store/metadata/event-table.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import { ApiProblem } from '../http/problem.ts';
import { findVersion } from '../runs/load-compiled.ts';
import { type Submission, startPending, submitRun } from '../runs/submit-run.ts';
import type { ServerContext } from '../server-context.ts';

const DIGITS = 16;

/** Always the same for a trigger and an event, whoever starts it and however often. */
export function triggeredRunId(trigger: string, key: string): string {
  const hex = digestOfJson([trigger, key]).slice('sha256:'.length);
  return `${trigger}-${hex.slice(0, DIGITS)}`;
}

/**
 * Starts the run of an event. One that has its row is started as it was meant then, whatever the trigger and the newest version
 * are now.
 *
 * @throws ApiProblem for what cannot be started as things are. @throws TemporalAway
 */
export async function startTriggeredRun(context: ServerContext, trigger: Trigger, event: Event): Promise<string> {
  const runId = triggeredRunId(trigger.name, event.key);
  const row = await context.metadata.runs.get(runId);
  if (row !== null) await startPending(context, row);
  else await submitRun({ ...context, user: trigger.updatedBy }, await submissionOf(context, trigger, event, runId));
  return runId;
}

async function submissionOf(
  context: ServerContext,
  trigger: Trigger,
  event: Event,
  runId: string,
): Promise<Submission> {
  const { pipeline, version, priority } = trigger;
  return {
    ...{ name: null, driver: 'temporal', retryOf: null, rerunFrom: [], priority, runId },
    version: await findVersion(context, { pipeline, ...(version === null ? {} : { version }) }),
    params: paramsOf(trigger, event),
    partition: partitionOf(trigger, event),
    logicalTime: isoSeconds(event.at),
  };
}

function paramsOf({ params, spec: { bind } }: Trigger, event: Event): JsonObject {
  const bound = Object.entries(bind).flatMap(([param, path]): [string, JsonValue][] => {
    const value = partOf(factsOf(event), path);
    return value === undefined ? [] : [[param, value]];
  });
  return { ...params, ...Object.fromEntries(bound) };
}

function partitionOf({ name, spec }: Trigger, event: Event): string | null {
  if (spec.partition === null) return null;
  const value = partOf(factsOf(event), spec.partition);
  if (typeof value === 'string') return value;
  const text = ['event', ...spec.partition].join('.');
  throw new ApiProblem('invalidPartition', `${text} is ${JSON.stringify(value ?? null)}, which is no partition.`, {
    next: `Say where it stands: millrace triggers update ${name} --partition event.FIELD`,
  });
}

/** An event as JSON, which it is. */
export function factsOf(event: Event): JsonObject {
  return JSON.parse(JSON.stringify(event)) as JsonObject;
}
