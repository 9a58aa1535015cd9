import { Router } from 'express';
import { pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { endpointDetailSchema, endpointListSchema } from '../schemas/system.ts';
import type { ServerContext } from '../server-context.ts';

/** GET /endpoints and /endpoints/:name, with the replicas that are live now. */
export function endpointRoutes(context: ServerContext): Router {
  const router = Router();
  const { endpoints } = context.metadata;
  router.get('/endpoints', async (_request, response) => {
    const [items, replicas] = await Promise.all([endpoints.list(), endpoints.liveReplicas(context.now())]);
    reply(response, endpointListSchema, { items: [...items], replicas: [...replicas] });
  });
  router.get('/endpoints/:name', async (request, response) => {
    const name = pathParam(request, 'name');
    const [endpoint, replicas] = await Promise.all([endpoints.get(name), endpoints.liveReplicas(context.now())]);
    if (endpoint === null) throw new ApiProblem('notFound', `Project ${context.project} has no endpoint ${name}.`);
    reply(response, endpointDetailSchema, { endpoint, replicas: [...replicas] });
  });
  return router;
}
