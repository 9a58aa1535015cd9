import { canonicalJson } from '../../ir/json.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import type { DeclaredTrigger } from '../../ir/trigger.ts';
import type { NewTrigger, Trigger } from '../../store/metadata/trigger-table.ts';
import { asProblem } from '../http/answer-problems.ts';
import { ApiProblem } from '../http/problem.ts';
import type { AppliedTrigger, AppliedTriggers, ApplyTriggers } from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { keepCreated, keepUpdated, removeTrigger } from './change-trigger.ts';
import { draftTrigger, pipelineOf } from './draft-trigger.ts';
import { triggerState } from './find-trigger.ts';
import { sourceInputOf } from './source-input-of.ts';

/**
 * Makes the triggers of a pipeline's file what the file says: those that it has are created or updated, and those that it had
 * are told or, with `prune`, deleted: the secret of a webhook cannot be had again. Those that were made by hand are left alone,
 * and so is whether one is paused, with the note that says why.
 * Nothing is written before all were found to fit. One that cannot be written is told beside the others, and keeps none of them:
 * the secrets of those that were made are told this once.
 *
 * @throws ApiProblem for what the file cannot have here, as a name that is another's
 */
export async function applyTriggers(context: ServerContext, order: ApplyTriggers): Promise<AppliedTriggers> {
  const { pipeline, version } = order;
  const ir = await pipelineOf(context, { pipeline, version });
  const all = await context.metadata.triggers.list();
  const declared = ir.triggers ?? [];
  const names = new Set(declared.map(({ name }) => name));
  const gone = all.filter(({ name, spec, ...of }) => spec.declared && of.pipeline === pipeline && !names.has(name));
  const plans: Plan[] = [];
  for (const each of declared) plans.push(await planOf(context, ir, each, order));
  const writes: readonly Write[] = [
    ...plans.map((plan): Write => ({ trigger: plan.after.name, write: () => carryOut(context, plan) })),
    ...gone.map((trigger): Write => {
      const write = () => (order.prune ? takeAway(context, trigger) : leave(context, trigger));
      return { trigger: trigger.name, write };
    }),
  ];
  return writeAll(context, writes);
}

interface Write {
  readonly trigger: string;
  readonly write: () => Promise<AppliedTrigger>;
}

async function writeAll({ log }: ServerContext, writes: readonly Write[]): Promise<AppliedTriggers> {
  const applied: AppliedTriggers = { items: [], failures: [] };
  for (const { trigger, write } of writes) {
    try {
      applied.items.push(await write());
    } catch (error) {
      const { message, next } = asProblem(error);
      log.error({ err: error, trigger }, 'a trigger of a file could not be applied');
      applied.failures.push({ trigger, message, next });
    }
  }
  return applied;
}

async function leave(context: ServerContext, trigger: Trigger): Promise<AppliedTrigger> {
  return { change: 'left', ...(await triggerState(context, trigger)), secret: null };
}

/** One that somebody else deletes meanwhile is what the file says. */
async function takeAway(context: ServerContext, trigger: Trigger): Promise<AppliedTrigger> {
  const { name } = trigger;
  try {
    await removeTrigger(context, name, trigger.generation);
  } catch (error) {
    const isOvertaken = ['notFound', 'conflict'].includes(asProblem(error).code);
    if (!isOvertaken || (await context.metadata.triggers.get(name)) !== null) throw error;
  }
  return { change: 'deleted', trigger, look: null, secret: null };
}

interface Plan {
  readonly before: Trigger | null;
  readonly after: NewTrigger;
}

async function planOf(
  context: ServerContext,
  ir: PipelineIR,
  { name, params, paused, note, on, where, bind, partition }: DeclaredTrigger,
  { pipeline, version, latest }: ApplyTriggers,
): Promise<Plan> {
  const before = await context.metadata.triggers.get(name);
  if (before !== null && !(before.spec.declared && before.pipeline === pipeline)) throw notOfFile(before, pipeline);
  const state =
    before === null
      ? { paused, note, priority: null }
      : { paused: before.paused, note: before.note, priority: before.priority };
  const draft = { name, pipeline, version: latest ? null : version, params, ...state, ir, declared: true };
  const input = { on: sourceInputOf(on), where, bind, partition };
  return { before, after: await draftTrigger(context, draft, input, before) };
}

function notOfFile({ name, pipeline, spec }: Trigger, file: string): ApiProblem {
  const whose = spec.declared ? `is in the file of pipeline ${pipeline}` : 'was made by hand';
  return new ApiProblem('conflict', `Trigger ${name} ${whose}, and the file of ${file} has one of that name.`, {
    next: `Name it otherwise in the file, or delete the other: millrace triggers delete ${name}`,
  });
}

async function carryOut(context: ServerContext, { before, after }: Plan): Promise<AppliedTrigger> {
  if (before === null) return { change: 'created', ...(await keepCreated(context, after)) };
  if (settingsOf(before) === settingsOf(after)) {
    return { change: 'unchanged', ...(await triggerState(context, before)), secret: null };
  }
  return { change: 'updated', ...(await keepUpdated(context, after, before)), secret: null };
}

function settingsOf({ version, params, spec }: NewTrigger): string {
  return canonicalJson({ version, params, spec: { ...spec } });
}
