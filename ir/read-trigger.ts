import type { Path } from './binding.ts';
import { fieldBreak, fieldsIn, fieldsOf } from './event-fields.ts';
import type { PipelineIR } from './pipeline-ir.ts';
import { readSource } from './read-source.ts';
import type { SourceInput } from './source-input.ts';
import type { TriggerSettings, TriggerSource } from './trigger.ts';

export interface TriggerInput extends Omit<TriggerSettings, 'on'> {
  readonly on: SourceInput;
}

/**
 * A trigger's settings, checked against the kind of its event and the pipeline that it starts.
 *
 * @param now in milliseconds since the epoch; null leaves open which partition comes first, where nobody says so
 * @throws RangeError a sentence without its subject
 */
export function readTrigger(
  input: TriggerInput,
  pipeline: Pick<PipelineIR, 'name' | 'partitions'>,
  now: number | null,
): TriggerSettings {
  const on = readSource(input.on, pipeline.partitions, now);
  const { where, bind } = input;
  for (const path of where === null ? [] : fieldsIn(where)) refuse(on, 'its condition', path);
  for (const [param, path] of Object.entries(bind)) refuse(on, `its parameter ${param}`, path);
  return { on, where, bind, partition: partitionOf(on, input.partition, pipeline) };
}

function partitionOf(
  on: TriggerSource,
  given: Path | null,
  { name, partitions }: Pick<PipelineIR, 'name' | 'partitions'>,
): Path | null {
  if (partitions === null) {
    if (given === null) return null;
    throw new RangeError(`gives a partition to ${name}, which has none`);
  }
  if (given !== null) refuse(on, 'its partition', given);
  if (given !== null) return given;
  if (fieldsOf(on.kind).includes('partition')) return ['partition'];
  throw new RangeError(
    `starts ${name}, whose runs are of a partition, and an event ${on.kind} names none: say where it stands by partition, as event.body.day`,
  );
}

function refuse(on: TriggerSource, what: string, path: Path): void {
  const unfit = fieldBreak(on, path);
  if (unfit !== null) throw new RangeError(`${unfit} (in ${what})`);
}
