import type { Path } from '../../ir/binding.ts';
import type { Condition } from '../../ir/condition.ts';
import { canonicalJson } from '../../ir/json.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { readCondition } from '../../ir/read-condition.ts';
import { readTrigger, type TriggerInput } from '../../ir/read-trigger.ts';
import { conditionSchema } from '../../ir/schema.ts';
import type { SourceInput } from '../../ir/source-input.ts';
import type { TriggerSource, TriggerSpec } from '../../ir/trigger.ts';
import { zodText } from '../../ir/zod-text.ts';

/** What a trigger's settings are read against: the pipeline that it starts, and the moment. */
export interface SpecPlace {
  readonly ir: PipelineIR;
  readonly now: number;
  /** Sequence of the newest event. */
  readonly newest: number;
  /** That the trigger is to have. */
  readonly generation: number;
  readonly declared: boolean;
}

/**
 * A trigger's settings, checked against the kind of its event.
 *
 * @param before that of the trigger that is changed: what it waits for stays, with what it has seen, where that is the same
 * @throws RangeError a sentence without its subject
 */
export function readSpec(
  input: TriggerInput,
  { ir, now, newest, generation, declared }: SpecPlace,
  before?: TriggerSpec,
): TriggerSpec {
  const settings = readTrigger(input, ir, now);
  const on = keptSource(settings.on, input.on, before?.on);
  const isSame = before !== undefined && canonicalJson({ ...on }) === canonicalJson({ ...before.on });
  const { since, watched } = isSame ? before : { since: newest, watched: generation };
  return { ...settings, on, declared, since, watched };
}

/** Where nobody says which partition comes first, an update leaves it. */
function keptSource(on: TriggerSource, input: SourceInput, before: TriggerSource | undefined): TriggerSource {
  if (on.kind !== 'partitionArrived' || before?.kind !== 'partitionArrived') return on;
  return input.kind === 'partitionArrived' && input.from === undefined ? { ...on, from: before.from } : on;
}

/** A condition as text, or as JSON. @throws RangeError a sentence without its subject */
export function readWhere(text: string): Condition {
  if (!text.trim().startsWith('{')) {
    try {
      return readCondition(text, 'event');
    } catch (error) {
      throw new RangeError(`has a condition that ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  const parsed = conditionSchema.safeParse(jsonOf(text), { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RangeError(`has a condition that is none: ${issue === undefined ? 'it is empty' : zodText(issue)}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RangeError('has a condition that is no JSON', { cause });
  }
}

/** A part of the event, as `event.partition`. @throws RangeError a sentence without its subject */
export function readField(what: string, text: string): Path {
  const [subject, ...path] = text.split('.');
  if (subject !== 'event' || path.length === 0) {
    throw new RangeError(`gives '${text}' to ${what}, which has to be event. and the name of a field`);
  }
  return path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
