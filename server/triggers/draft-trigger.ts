import { isJsonObject } from '../../ir/json.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { readParams } from '../../ir/read-params.ts';
import type { TriggerInput } from '../../ir/read-trigger.ts';
import type { NewTrigger, Trigger } from '../../store/metadata/trigger-table.ts';
import { ApiProblem } from '../http/problem.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import { validateParams } from '../runs/validate-params.ts';
import type { ServerContext } from '../server-context.ts';
import { readDatabaseUrl } from './ask-database.ts';
import { databaseUrl } from './find-partition.ts';
import { readSpec } from './read-spec.ts';
import { refuseLoops } from './refuse-loops.ts';

export interface Draft extends Omit<NewTrigger, 'spec' | 'updatedBy'> {
  readonly declared: boolean;
  readonly ir: PipelineIR;
}

/**
 * A trigger as it would be kept, checked in all that can be known now.
 *
 * @param before the one that is changed
 * @throws ApiProblem `invalidTrigger`, `invalidParams`
 */
export async function draftTrigger(
  context: ServerContext,
  { declared, ir, ...settings }: Draft,
  input: TriggerInput,
  before: Trigger | null,
): Promise<NewTrigger> {
  const { name } = settings;
  if (before !== null && (input.on.kind === 'webhook') !== (before.spec.on.kind === 'webhook')) {
    throw unfit(name, 'becomes a webhook, or is none any more: delete it, and create it anew for its secret');
  }
  const { metadata, user, now } = context;
  const [last] = (await metadata.triggers.history(name, { limit: 1 })).items;
  const generation = (last?.generation ?? 0) + 1;
  const place = { ir, now: now(), newest: await metadata.events.newest(), generation, declared };
  const spec = fitting(name, () => readSpec(input, place, before?.spec));
  const trigger = { ...settings, spec, updatedBy: user };
  refuseParams(ir, trigger);
  await refuseDatabase(context, trigger);
  refuseLoops(trigger, await metadata.triggers.list());
  return trigger;
}

/** What a reader refuses, as of a trigger. @throws ApiProblem `invalidTrigger` */
export function fitting<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw unfit(name, error.message);
    throw error;
  }
}

export async function pipelineOf(
  context: ServerContext,
  { pipeline, version }: Pick<NewTrigger, 'pipeline' | 'version'>,
): Promise<PipelineIR> {
  return (
    await loadCompiled(context, await findVersion(context, { pipeline, ...(version === null ? {} : { version }) }))
  ).ir;
}

/** What is there can be looked at now; whether the database answers, and what, is told by each look. */
async function refuseDatabase(context: ServerContext, { name, spec: { on } }: NewTrigger): Promise<void> {
  if (on.kind !== 'partitionArrived' || on.place.kind !== 'query') return;
  const { database } = on.place;
  try {
    readDatabaseUrl(await databaseUrl(context, database), database);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ApiProblem('invalidTrigger', `Trigger ${name} cannot ask its database. ${error.message}`, {
      cause: error,
    });
  }
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
