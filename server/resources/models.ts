import { Router } from 'express';
import { z } from 'zod';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { pageQuery } from '../schemas/json.ts';
import { modelDetailSchema, modelListSchema } from '../schemas/model.ts';
import type { ServerContext } from '../server-context.ts';

/** GET /models and /models/:name: versions, aliases and their history, newest first. */
export function modelRoutes(context: ServerContext): Router {
  const router = Router();
  const { registry } = context.metadata;
  router.get('/models', async (_request, response) => {
    const models = await registry.models();
    reply(response, modelListSchema, { items: models.map((model) => ({ ...model, aliases: [...model.aliases] })) });
  });
  router.get('/models/:name', async (request, response) => {
    const model = pathParam(request, 'name');
    const page = accept(z.object(pageQuery), request.query);
    const [versions, aliases, history] = await Promise.all([
      registry.versions(model, page),
      registry.aliases(model),
      registry.history(model, { limit: page.limit ?? 100 }),
    ]);
    if (versions.items.length === 0 && page.cursor === undefined) {
      throw new ApiProblem('notFound', `Project ${context.project} has no model ${model}.`, {
        next: 'List them with `millrace models list`.',
      });
    }
    reply(response, modelDetailSchema, { model, aliases: [...aliases], versions, history });
  });
  return router;
}
