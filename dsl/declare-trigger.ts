import type { Path } from '../ir/binding.ts';
import type { Condition } from '../ir/condition.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../ir/json.ts';
import type { PipelineGraph, PipelineIR } from '../ir/pipeline-ir.ts';
import { faultText, readParams } from '../ir/read-params.ts';
import { readTrigger, type TriggerInput } from '../ir/read-trigger.ts';
import { sourceSchema } from '../ir/source-input.ts';
import type { DeclaredTrigger, TriggerSettings } from '../ir/trigger.ts';
import { triggerName } from '../ir/trigger-schema.ts';
import { zodText } from '../ir/zod-text.ts';
import { CompileError } from './compile-error.ts';
import { lower } from './lower.ts';
import type { PipelineTrigger } from './pipeline-trigger.ts';
import { conditionOf } from './predicates.ts';
import { checkConditions } from './record-graph.ts';
import { type Compilation, inScope, type Scope } from './recorder.ts';

type Starting = Pick<PipelineGraph, 'name' | 'params'> & Pick<PipelineIR, 'partitions'>;

/**
 * The triggers of a pipeline's file, checked as those of the command line are.
 *
 * @throws CompileError `trigger` naming the pipeline and the trigger.
 */
export function declareTriggers(
  triggers: readonly PipelineTrigger[],
  pipeline: Starting,
  compilation: Compilation,
): readonly DeclaredTrigger[] {
  const names = triggers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new CompileError(
      'duplicateName',
      `Pipeline '${pipeline.name}' has two triggers named '${twice}'. Rename one.`,
    );
  }
  return triggers.map((trigger) => declared(trigger, pipeline, compilation));
}

function declared(trigger: PipelineTrigger, pipeline: Starting, compilation: Compilation): DeclaredTrigger {
  const { name, paused, note } = trigger;
  const title = `Trigger '${name}' of pipeline '${pipeline.name}'`;
  if (!triggerName.safeParse(name).success) {
    throw refuse(`${title}: '${name}' is no name: a letter, then letters, digits, _ or -, 100 at the most.`);
  }
  const scope = frameOf(pipeline.name, compilation, title);
  return inScope(scope, () => {
    const where = whereOf(trigger);
    const { bind, params } = givenOf(title, trigger, pipeline);
    const partition = partitionOf(title, trigger);
    checkConditions(scope);
    const on = sourceOf(title, trigger);
    return { name, ...settingsOf(title, { on, where, bind, partition }, pipeline), params, paused, note };
  });
}

/** In which a trigger's functions are asked: they describe values, and call no steps. */
function frameOf(pipeline: string, compilation: Compilation, title: string): Scope {
  const own = { names: new Set<string>(), untested: new Set<Condition>() };
  return { compilation, pipeline, parent: null, queue: null, address: '', title, nodes: null, ...own };
}

function sourceOf(title: string, trigger: PipelineTrigger): TriggerInput['on'] {
  const parsed = sourceSchema.safeParse(trigger.source(), { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`${title}: ${issue?.path.join('.')}: ${zodText(issue ?? parsed.error)}.`);
}

function settingsOf(title: string, input: TriggerInput, pipeline: Starting): TriggerSettings {
  try {
    return readTrigger(input, pipeline, null);
  } catch (error) {
    if (error instanceof RangeError) throw refuse(`${title} ${error.message}.`);
    throw error;
  }
}

function whereOf(trigger: PipelineTrigger): Condition | null {
  const test = trigger.where();
  return test === null ? null : conditionOf(test).tree;
}

function partitionOf(title: string, trigger: PipelineTrigger): Path | null {
  const ref = trigger.partition();
  return ref === null ? null : eventPath(title, 'partition', ref);
}

/** What the run is given, by where it comes from: of the event, or of the file. */
function givenOf(title: string, trigger: PipelineTrigger, { name, params: schema }: Starting) {
  const bind: Record<string, Path> = {};
  const params: Record<string, JsonValue> = {};
  for (const [param, value] of Object.entries(trigger.params() ?? {})) {
    if (value === undefined) continue;
    const { binding } = lower(value, `${title}: parameter ${param}`);
    if (binding.kind === 'literal') params[param] = binding.value;
    else bind[param] = eventPath(title, `parameter ${param}`, value);
  }
  const known = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
  const unknown = Object.keys(bind).find((param) => !known.includes(param));
  if (unknown !== undefined) throw refuse(`${title} gives ${unknown}, which ${name} does not take.`);
  refuseUnfit(title, schema, params);
  return { bind, params };
}

/** As they are given: with defaults filled in, a later version's would never be seen. */
function refuseUnfit(title: string, schema: JsonObject, given: JsonObject): void {
  const faults = readParams(schema, given).faults.filter(({ at }) => Object.hasOwn(given, at.split('.')[0] ?? ''));
  if (faults.length > 0) throw refuse(faultText(`${title}: its params do not fit`, faults));
}

function eventPath(title: string, what: string, value: unknown): Path {
  const { binding } = lower(value, `${title}: ${what}`);
  if (binding.kind === 'param' && binding.path.length > 0) return binding.path;
  throw refuse(
    `${title}: ${what} has to be a part of the event, as event.run, and as a whole; a step can make more of it.`,
  );
}

function refuse(message: string): CompileError {
  return new CompileError('trigger', message);
}
