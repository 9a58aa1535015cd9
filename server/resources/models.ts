import { Router } from 'express';
import { z } from 'zod';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { pageQuery } from '../schemas/json.ts';
import { modelDetailSchema, modelHistorySchema, modelListSchema } from '../schemas/model.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * GET /models and /models/:name: versions, aliases and their history, newest first. More of the history gives
 * GET /models/:name/history.
 */
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
    if (versions.items.length === 0 && page.cursor === undefined) throw noSuchModel(context, model);
    reply(response, modelDetailSchema, { model, aliases: [...aliases], versions, history });
  });
  router.get('/models/:name/history', async (request, response) => {
    const model = pathParam(request, 'name');
    const history = await registry.history(model, accept(z.object(pageQuery), request.query));
    if (history.items.length === 0 && (await registry.version(model, 1)) === null) throw noSuchModel(context, model);
    reply(response, modelHistorySchema, history);
  });
  return router;
}

function noSuchModel({ project }: ServerContext, model: string): ApiProblem {
  const next = 'List them with `millrace models list`.';
  return new ApiProblem('notFound', `Project ${project} has no model ${model}.`, { next });
}
