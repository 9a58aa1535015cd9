import type { z } from 'zod';
import { isJsonObject } from '../../ir/json.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { readParams } from '../../ir/read-params.ts';
import type { TriggerSource, TriggerSpec } from '../../ir/trigger.ts';
import type { NewTrigger, Trigger } from '../../store/metadata/trigger-table.ts';
import { ApiProblem } from '../http/problem.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import { validateParams } from '../runs/validate-params.ts';
import type { CreatedTrigger, createTriggerSchema, TriggerState, updateTriggerSchema } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { findTrigger, triggerState } from './find-trigger.ts';
import type { SourceInput } from './read-source.ts';
import { readSpec, type SpecInput } from './read-spec.ts';
import { refuseLoops } from './refuse-loops.ts';
import { forgetSigningSecret, makeSigningSecret } from './signing-secret.ts';

/** @throws ApiProblem for settings that are none, a pipeline that is not there, and a name that is taken. */
export async function createTrigger(
  context: ServerContext,
  { on, where, bind, partition, ...given }: z.output<typeof createTriggerSchema>,
): Promise<CreatedTrigger> {
  const { triggers } = context.metadata;
  const ir = await pipelineOf(context, given);
  const [last] = (await triggers.history(given.name, { limit: 1 })).items;
  const at = { name: given.name, generation: (last?.generation ?? 0) + 1 };
  const spec = await specOf(context, at, ir, { on, where, bind, partition });
  const trigger = await checked(context, ir, { ...given, spec, updatedBy: context.user });
  const kept = await triggers.set(trigger, 'created', null);
  const secret = on.kind === 'webhook' ? await signingSecretOf(context, given.name) : null;
  return { ...(await triggerState(context, kept)), secret };
}

/** A trigger that nobody could sign for is none. */
async function signingSecretOf(context: ServerContext, name: string): Promise<string> {
  try {
    return await makeSigningSecret(context, name);
  } catch (error) {
    await context.metadata.triggers.remove(name, context.user);
    throw error;
  }
}

/** Changes what is given. A trigger that waits for something else has seen nothing of it. */
export async function updateTrigger(
  context: ServerContext,
  name: string,
  { generation, on, where, bind, partition, ...given }: z.output<typeof updateTriggerSchema>,
): Promise<TriggerState> {
  const { triggers } = context.metadata;
  const before = await findTrigger(context, name);
  if (on !== undefined && (on.kind === 'webhook') !== (before.spec.on.kind === 'webhook')) {
    throw unfit(name, 'becomes a webhook, or is none any more: delete it, and create it anew for its secret');
  }
  const version = given.version === undefined ? before.version : given.version;
  const ir = await pipelineOf(context, { pipeline: before.pipeline, version });
  const input = { ...inputOf(before.spec, ir), ...defined({ on, where, bind, partition }) };
  const spec = await specOf(context, { name, generation: generation + 1 }, ir, input, before.spec);
  const { params = before.params, priority = before.priority, note = before.note } = given;
  const after: NewTrigger = { ...before, version, params, priority, note, spec, updatedBy: context.user };
  const kept = await triggers.set(await checked(context, ir, after), 'updated', generation);
  if (spec.watched !== before.spec.watched) await triggers.forget(before);
  return triggerState(context, kept);
}

/** Does nothing to one that is as it is asked to be, unless there is something new to note. */
export async function pauseTrigger(context: ServerContext, name: string, paused: boolean, note: string | null) {
  const before = await findTrigger(context, name);
  if (before.paused === paused && (note === null || note === before.note)) return triggerState(context, before);
  const after = { ...before, paused, note, updatedBy: context.user };
  const verb = paused ? 'paused' : 'unpaused';
  return triggerState(context, await context.metadata.triggers.set(after, verb, before.generation));
}

/** Its runs go on, and what it did stays listed. */
export async function removeTrigger(context: ServerContext, name: string): Promise<Trigger> {
  const trigger = await findTrigger(context, name);
  await context.metadata.triggers.remove(name, context.user);
  await context.metadata.triggers.forget(trigger);
  if (trigger.spec.on.kind === 'webhook') await forgetSigningSecret(context, name);
  return trigger;
}

async function pipelineOf(
  context: ServerContext,
  { pipeline, version }: Pick<NewTrigger, 'pipeline' | 'version'>,
): Promise<PipelineIR> {
  return (
    await loadCompiled(context, await findVersion(context, { pipeline, ...(version === null ? {} : { version }) }))
  ).ir;
}

async function specOf(
  context: ServerContext,
  { name, generation }: { readonly name: string; readonly generation: number },
  ir: PipelineIR,
  input: SpecInput,
  before?: TriggerSpec,
): Promise<TriggerSpec> {
  try {
    return readSpec(
      input,
      { ir, now: context.now(), newest: await context.metadata.events.newest(), generation },
      before,
    );
  } catch (error) {
    if (error instanceof RangeError) throw unfit(name, error.message);
    throw error;
  }
}

async function checked(context: ServerContext, ir: PipelineIR, trigger: NewTrigger): Promise<NewTrigger> {
  refuseParams(ir, trigger);
  refuseLoops(trigger, await context.metadata.triggers.list());
  return trigger;
}

/** What events give is not known yet: of the others all faults are told, and none of those is left out for nothing. */
function refuseParams(ir: PipelineIR, { name, params, spec: { bind } }: NewTrigger): void {
  const names = Object.keys(isJsonObject(ir.params.properties) ? ir.params.properties : {});
  const unknown = Object.keys(bind).find((param) => !names.includes(param));
  if (unknown !== undefined) throw unfit(name, `gives ${unknown}, which ${ir.name} does not take`);
  const twice = Object.keys(bind).find((param) => param in params);
  if (twice !== undefined) throw unfit(name, `gives ${twice} twice: of the event, and as a parameter`);
  const isBound = ({ at }: { readonly at: string }) => (at.split('.')[0] ?? '') in bind;
  const { faults } = readParams(ir.params, params);
  if (faults.some((fault) => !isBound(fault))) validateParams(ir.name, ir.params, params);
}

function unfit(name: string, what: string): ApiProblem {
  return new ApiProblem('invalidTrigger', `Trigger ${name} ${what}.`);
}

/** A trigger's settings as they would be given. */
function inputOf({ on, where, bind, partition }: TriggerSpec, ir: PipelineIR): SpecInput {
  const text = (path: readonly (string | number)[]) => ['event', ...path].join('.');
  return {
    on: sourceInput(on),
    where: where && JSON.stringify(where),
    bind: Object.fromEntries(Object.entries(bind).map(([param, path]) => [param, text(path)])),
    partition: partition === null || ir.partitions === null ? null : text(partition),
  };
}

function sourceInput(on: TriggerSource): SourceInput {
  switch (on.kind) {
    case 'partitionArrived': {
      const { kind, path, files, from, lateAfterMs } = on;
      const late = lateAfterMs === null ? {} : { lateAfter: `${lateAfterMs}ms` };
      return { kind, path, files, ...(from === null ? {} : { from }), ...late };
    }
    case 'stale': {
      const { kind, pipeline, artifact, afterMs } = on;
      return { kind, pipeline, artifact, olderThan: `${afterMs}ms` };
    }
    case 'runEnded':
      return { ...on, statuses: [...on.statuses] };
    default:
      return on;
  }
}

/** Of an update, what was given. */
function defined(given: { readonly [Name in keyof SpecInput]: SpecInput[Name] | undefined }): Partial<SpecInput> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
