import type { z } from 'zod';
import type { JsonObject } from '../../ir/json.ts';
import { unknownParams } from '../../ir/read-params.ts';
import { ApiProblem } from '../http/problem.ts';
import type { retryRunSchema, SubmittedRun } from '../schemas/run.ts';
import type { ServerContext } from '../server-context.ts';
import { findRun, findWholeRun, hasEnded } from './find-run.ts';
import { findVersion, loadCompiled } from './load-compiled.ts';
import { endIfOrphaned } from './local-runs.ts';
import { refuseUnknownTasks } from './rerun-from.ts';
import { submitRun } from './submit-run.ts';

/**
 * A new run that takes over what the old one finished, wherever contract, code and input are still the same. Parameters
 * that its pipeline does not take any more are left behind, and a notice names them.
 *
 * @param rerunFrom what runs anew all the same, with everything that depends on it
 */
export async function retryRun(
  context: ServerContext,
  id: string,
  request: z.output<typeof retryRunSchema>,
  rerunFrom: readonly string[] = [],
): Promise<SubmittedRun> {
  const old = await endIfOrphaned(context, await findRun(context, id));
  if (!hasEnded(old)) {
    throw new ApiProblem(
      'conflict',
      `Run ${id} is still ${old.status}; only a run that has ended can be retried or rerun.`,
      {
        next: `Wait for it, or end it with \`millrace runs cancel ${id}\`.`,
      },
    );
  }
  const version = await findVersion(context, { compiledDigest: request.compiledDigest ?? old.compiledDigest });
  if (version.pipeline !== old.pipeline) {
    throw new ApiProblem(
      'conflict',
      `Run ${id} is of ${old.pipeline}; it cannot go on with code of ${version.pipeline}.`,
    );
  }
  const { ir } = await loadCompiled(context, version);
  await refuseUnknownTasks(context, id, ir, rerunFrom);
  const { params } = await findWholeRun(context, id);
  const dropped = unknownParams(ir.params, params);
  const { run, notices } = await submitRun(context, {
    version,
    params: { ...without(params, dropped), ...request.params },
    name: old.name,
    priority: old.priority,
    cache: old.cache,
    driver: request.driver ?? old.driver,
    retryOf: old.id,
    rerunFrom,
    logicalTime: old.logicalTime,
    partition: old.partition,
    schedule: old.schedule,
    backfill: old.backfill,
    runId: request.runId,
  });
  return { run, notices: dropped.length === 0 ? notices : [droppedText(version.pipeline, id, dropped), ...notices] };
}

function without(params: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));
}

function droppedText(pipeline: string, run: string, names: readonly string[]): string {
  const which = names.length === 1 ? 'a parameter' : 'parameters';
  return `${pipeline} does not take ${names.join(', ')} any more: ${which} of run ${run}, left out of this one.`;
}
