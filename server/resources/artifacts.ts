import { Router } from 'express';
import { type ArtifactRef, artifactsIn } from '../../ir/artifact.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { artifactSchema } from '../schemas/model.ts';
import { lineageQuery, lineageSchema } from '../schemas/task.ts';
import type { ServerContext } from '../server-context.ts';

/** GET /artifacts/:digest (what is known of it, not its content) and GET /lineage?runId=… or ?digest=… */
export function artifactRoutes(context: ServerContext): Router {
  const router = Router();
  const { tasks } = context.metadata;
  router.get('/artifacts/:digest', async (request, response) => {
    const digest = pathParam(request, 'digest');
    const artifact = await findArtifact(context, digest);
    if (artifact === null)
      throw new ApiProblem('notFound', `No task of project ${context.project} read or made ${digest}.`);
    reply(response, artifactSchema, artifact);
  });
  router.get('/lineage', async (request, response) => {
    const { runId, digest } = accept(lineageQuery, request.query);
    const filter = runId !== undefined ? { runId } : { digest: digest ?? '' };
    reply(response, lineageSchema, { items: [...(await tasks.lineage(filter))] });
  });
  return router;
}

/** References lie in the inputs and outputs of tasks; lineage says in which. */
async function findArtifact(context: ServerContext, digest: string): Promise<ArtifactRef | null> {
  const { tasks } = context.metadata;
  const edge = (await tasks.lineage({ digest }))[0];
  if (edge === undefined) return null;
  const task = await tasks.get(edge.runId, edge.path);
  return (
    artifactsIn([task?.input ?? null, task?.output ?? null]).find((artifact) => artifact.digest === digest) ?? null
  );
}
