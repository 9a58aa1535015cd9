import { Router } from 'express';
import { isSecretName } from '../../store/secrets/secret-provider.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { missingSecrets } from '../runs/check-secrets.ts';
import { loadCompiled } from '../runs/load-compiled.ts';
import { missingSecretListSchema, secretListSchema, secretVersionSchema, setSecretSchema } from '../schemas/secret.ts';
import type { ServerContext } from '../server-context.ts';

/** PUT and DELETE /secrets/:name, GET /secrets: values go in, and never come out. GET /missing-secrets: of the pipelines. */
export function secretRoutes(context: ServerContext): Router {
  const router = Router();
  const { storedSecrets } = context;

  router.get('/secrets', async (_request, response) => {
    reply(response, secretListSchema, { items: [...(await storedSecrets.list())] });
  });
  router.put('/secrets/:name', async (request, response) => {
    const name = secretName(pathParam(request, 'name'));
    const { value } = accept(setSecretSchema, request.body);
    reply(response, secretVersionSchema, await storedSecrets.set(name, value, context.user));
  });
  router.delete('/secrets/:name', async (request, response) => {
    await storedSecrets.delete(pathParam(request, 'name'), context.user);
    reply(response, secretListSchema, { items: [...(await storedSecrets.list())] });
  });
  router.get('/missing-secrets', async (_request, response) => {
    const missing = await Promise.all((await newestPipelines(context)).map((ir) => missingSecrets(context, ir)));
    reply(response, missingSecretListSchema, { items: missing.flat() });
  });
  return router;
}

function secretName(name: string): string {
  if (isSecretName(name)) return name;
  throw new ApiProblem(
    'invalidRequest',
    'A secret has a name of 1 to 200 letters, digits, dots, _ or -, the first a letter or digit.',
  );
}

const MOST_VERSIONS = 200;

/** Of what was registered last, each in its newest version. */
async function newestPipelines(context: ServerContext) {
  const { items } = await context.metadata.pipelines.list({ limit: MOST_VERSIONS });
  const newest = items.filter((each, at) => items.findIndex(({ pipeline }) => pipeline === each.pipeline) === at);
  return Promise.all(newest.map(async (version) => (await loadCompiled(context, version)).ir));
}
