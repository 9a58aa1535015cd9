import { Router } from 'express';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { collect } from '../retention/collect.ts';
import { deleteRun } from '../retention/delete-run.ts';
import { type PolicyText, type RetentionPolicy, readPolicy } from '../retention/read-policy.ts';
import { endOrphans } from '../runs/local-runs.ts';
import { collectionSchema, collectSchema, deleteRunSchema } from '../schemas/collection.ts';
import { runSchema } from '../schemas/run.ts';
import type { ServerContext } from '../server-context.ts';

/** DELETE /runs/:id, and POST /collections, which is answered when the collection has ended. */
export function retentionRoutes(context: ServerContext): Router {
  const router = Router();
  router.delete('/runs/:id', async (request, response) => {
    const { force } = accept(deleteRunSchema, request.body ?? {});
    reply(response, runSchema, await deleteRun(context, pathParam(request, 'id'), force));
  });
  router.post('/collections', async (request, response) => {
    const { pipeline, graceMs, dryRun, ...texts } = accept(collectSchema, request.body);
    const order = { policy: policyOf(texts), pipeline, graceMs, dryRun };
    // A local run that lost its process would hold back everything that came after it.
    await endOrphans(context);
    reply(response, collectionSchema, await collect(context, order));
  });
  return router;
}

function policyOf(texts: PolicyText): RetentionPolicy {
  try {
    return readPolicy(texts);
  } catch (error) {
    if (error instanceof RangeError) throw new ApiProblem('invalidRequest', error.message, { cause: error });
    throw error;
  }
}
