import type { z } from 'zod';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import type { TriggerInput } from '../../ir/read-trigger.ts';
import type { TriggerSettings } from '../../ir/trigger.ts';
import type { NewTrigger, Trigger } from '../../store/metadata/trigger-table.ts';
import type { CreatedTrigger, createTriggerSchema, TriggerState, updateTriggerSchema } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { draftTrigger, fitting, pipelineOf } from './draft-trigger.ts';
import { findTrigger, triggerState } from './find-trigger.ts';
import { readField, readWhere } from './read-spec.ts';
import { forgetSigningSecret, makeSigningSecret } from './signing-secret.ts';
import { sourceInputOf } from './source-input-of.ts';

/** @throws ApiProblem for settings that are none, a pipeline that is not there, and a name that is taken. */
export async function createTrigger(
  context: ServerContext,
  { on, where, bind, partition, ...given }: z.output<typeof createTriggerSchema>,
): Promise<CreatedTrigger> {
  const ir = await pipelineOf(context, given);
  const input = fitting(given.name, () => ({ on, ...readTexts({ where, bind, partition }, NOTHING) }));
  return keepCreated(context, await draftTrigger(context, { ...given, ir, declared: false }, input, null));
}

/** Writes a new one down. The secret of a webhook is in the answer, and never told again. */
export async function keepCreated(context: ServerContext, trigger: NewTrigger): Promise<CreatedTrigger> {
  const kept = await context.metadata.triggers.set(trigger, 'created', null);
  const secret = trigger.spec.on.kind === 'webhook' ? await signingSecretOf(context, trigger.name) : null;
  // Nothing is asked any more that could fail, and take the secret with it: a new one has not looked yet.
  return { trigger: kept, look: null, secret };
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
  const before = await findTrigger(context, name);
  const version = given.version === undefined ? before.version : given.version;
  const ir = await pipelineOf(context, { pipeline: before.pipeline, version });
  const { params = before.params, priority = before.priority, note = before.note } = given;
  const draft = { ...before, version, params, priority, note, ir, declared: before.spec.declared };
  const input = fitting(name, () => ({
    on: on ?? sourceInputOf(before.spec.on),
    ...readTexts({ where, bind, partition }, standing(before.spec, ir)),
  }));
  return keepUpdated(context, await draftTrigger(context, draft, input, before), { ...before, generation });
}

/** Writes a change down, if none came since `before` was read. */
export async function keepUpdated(context: ServerContext, after: NewTrigger, before: Trigger): Promise<TriggerState> {
  const { triggers } = context.metadata;
  const kept = await triggers.set(after, 'updated', before.generation);
  if (after.spec.watched !== before.spec.watched) await triggers.forget(before);
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

/** Its runs go on, and what it did stays listed. @param generation the one that was read; whichever there is when left out. */
export async function removeTrigger(context: ServerContext, name: string, generation?: number): Promise<Trigger> {
  const trigger = await findTrigger(context, name);
  await context.metadata.triggers.remove(name, context.user, generation);
  await context.metadata.triggers.forget(trigger);
  if (trigger.spec.on.kind === 'webhook') await forgetSigningSecret(context, name);
  return trigger;
}

type Parts = Omit<TriggerInput, 'on'>;
const NOTHING: Parts = { where: null, bind: {}, partition: null };

interface Texts {
  readonly where: string | null | undefined;
  readonly bind: Readonly<Record<string, string>> | undefined;
  readonly partition: string | null | undefined;
}

/** What is undefined is not given, and stays; null takes it away. @throws RangeError a sentence without its subject */
function readTexts({ where, bind, partition }: Texts, before: Parts): Parts {
  const bound = Object.entries(bind ?? {}).map(([param, text]) => [param, readField(`its parameter ${param}`, text)]);
  return {
    where: readText(where, before.where, readWhere),
    bind: bind === undefined ? before.bind : Object.fromEntries(bound),
    partition: readText(partition, before.partition, (text) => readField('its partition', text)),
  };
}

function readText<T>(text: string | null | undefined, before: T | null, read: (text: string) => T): T | null {
  if (text === undefined) return before;
  return text === null ? null : read(text);
}

/** Another version of its pipeline may have no partitions any more. */
function standing({ where, bind, partition }: TriggerSettings, ir: PipelineIR): Parts {
  return { where, bind, partition: ir.partitions === null ? null : partition };
}
