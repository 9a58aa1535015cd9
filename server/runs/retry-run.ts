import type { z } from 'zod';
import { ApiProblem } from '../http/problem.ts';
import type { retryRunSchema, SubmittedRun } from '../schemas/run.ts';
import type { ServerContext } from '../server-context.ts';
import { findRun, findWholeRun, hasEnded } from './find-run.ts';
import { findVersion } from './load-compiled.ts';
import { endIfOrphaned } from './local-runs.ts';
import { submitRun } from './submit-run.ts';

/** A new run that takes over what the old one finished, wherever contract, code and input are still the same. */
export async function retryRun(
  context: ServerContext,
  id: string,
  request: z.output<typeof retryRunSchema>,
): Promise<SubmittedRun> {
  const old = await endIfOrphaned(context, await findRun(context, id));
  if (!hasEnded(old)) {
    throw new ApiProblem('conflict', `Run ${id} is still ${old.status}; only a run that has ended can be retried.`, {
      next: `Wait for it, or end it with \`millrace runs cancel ${id}\`.`,
    });
  }
  const version = await findVersion(context, { compiledDigest: request.compiledDigest ?? old.compiledDigest });
  if (version.pipeline !== old.pipeline) {
    throw new ApiProblem(
      'conflict',
      `Run ${id} is of ${old.pipeline}; it cannot be retried with code of ${version.pipeline}.`,
    );
  }
  const { params } = await findWholeRun(context, id);
  return submitRun(context, {
    version,
    params: { ...params, ...request.params },
    name: old.name,
    driver: request.driver ?? old.driver,
    retryOf: old.id,
    runId: request.runId,
  });
}
