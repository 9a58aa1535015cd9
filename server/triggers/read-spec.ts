import type { Path } from '../../ir/binding.ts';
import type { Condition } from '../../ir/condition.ts';
import { canonicalJson } from '../../ir/json.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { readCondition } from '../../ir/read-condition.ts';
import { conditionSchema } from '../../ir/schema.ts';
import type { TriggerSource, TriggerSpec } from '../../ir/trigger.ts';
import { zodText } from '../../ir/zod-text.ts';
import { fieldBreak, fieldsIn, fieldsOf } from './event-fields.ts';
import { readSource, type SourceInput } from './read-source.ts';

/** As callers give it: a condition as text or JSON, parts of the event as `event.partition`. */
export interface SpecInput {
  readonly on: SourceInput;
  readonly where: string | null;
  readonly bind: Readonly<Record<string, string>>;
  readonly partition: string | null;
}

/** What it is read against: the pipeline that it starts, and the moment. */
export interface SpecPlace {
  readonly ir: PipelineIR;
  readonly now: number;
  /** Sequence of the newest event. */
  readonly newest: number;
  /** That the trigger is to have. */
  readonly generation: number;
}

/**
 * A trigger's settings, checked against the kind of its event.
 *
 * @param before that of the trigger that is changed: what it waits for stays, with what it has seen, where that is the same
 * @throws RangeError a sentence without its subject
 */
export function readSpec(
  input: SpecInput,
  { ir, now, newest, generation }: SpecPlace,
  before?: TriggerSpec,
): TriggerSpec {
  const on = keptSource(readSource(input.on, ir.partitions, now), input.on, before?.on);
  const { kind } = on;
  const where = input.where === null ? null : readWhere(input.where);
  for (const path of where === null ? [] : fieldsIn(where)) refuse(kind, 'its condition', path);
  const bind = Object.fromEntries(
    Object.entries(input.bind).map(([param, text]) => [param, readField(kind, `its parameter ${param}`, text)]),
  );
  const isSame = before !== undefined && canonicalJson({ ...on }) === canonicalJson({ ...before.on });
  const { since, watched } = isSame ? before : { since: newest, watched: generation };
  return { on, where, bind, partition: partitionOf(kind, input.partition, ir), since, watched };
}

/** Where nobody says which partition comes first, an update leaves it. */
function keptSource(on: TriggerSource, input: SourceInput, before: TriggerSource | undefined): TriggerSource {
  if (on.kind !== 'partitionArrived' || before?.kind !== 'partitionArrived') return on;
  return input.kind === 'partitionArrived' && input.from === undefined ? { ...on, from: before.from } : on;
}

function readWhere(text: string): Condition {
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

function partitionOf(kind: TriggerSource['kind'], given: string | null, ir: PipelineIR): Path | null {
  if (ir.partitions === null) {
    if (given === null) return null;
    throw new RangeError(`gives a partition to ${ir.name}, which has none`);
  }
  if (given !== null) return readField(kind, 'its partition', given);
  if (fieldsOf(kind).includes('partition')) return ['partition'];
  throw new RangeError(
    `starts ${ir.name}, whose runs are of a partition, and an event ${kind} names none: say where it stands, as --partition event.body.day`,
  );
}

function readField(kind: TriggerSource['kind'], what: string, text: string): Path {
  const [subject, ...path] = text.split('.');
  if (subject !== 'event' || path.length === 0) {
    throw new RangeError(`gives '${text}' to ${what}, which has to be event. and the name of a field`);
  }
  const parts = path.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  refuse(kind, what, parts);
  return parts;
}

function refuse(kind: TriggerSource['kind'], what: string, path: Path): void {
  const unfit = fieldBreak(kind, path);
  if (unfit !== null) throw new RangeError(`${unfit} (in ${what})`);
}
