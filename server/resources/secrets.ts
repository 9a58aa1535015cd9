import { Router } from 'express';
import type { Page } from '../../store/metadata/metadata-store.ts';
import type { PipelineVersion } from '../../store/metadata/pipeline-table.ts';
import { isSecretName } from '../../store/secrets/secret-provider.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { missingSecrets } from '../runs/check-secrets.ts';
import { loadCompiled } from '../runs/load-compiled.ts';
import {
  type MissingSecret,
  missingSecretListSchema,
  resealedSchema,
  secretListSchema,
  secretVersionSchema,
  setSecretSchema,
} from '../schemas/secret.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * PUT and DELETE /secrets/:name, GET /secrets: values go in, and never come out. POST /reseal-secrets: by a new key. GET
 * /missing-secrets: of the pipelines.
 */
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
  router.post('/reseal-secrets', async (_request, response) => {
    await refuseWithoutKey(context);
    reply(response, resealedSchema, await storedSecrets.reseal());
  });
  router.get('/missing-secrets', async (_request, response) => {
    reply(response, missingSecretListSchema, { items: [...(await missingEverywhere(context))] });
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

/** What they read under an old key, they would read no more. Workers without any key read nothing that is stored. */
async function refuseWithoutKey({ metadata, storedSecrets, now }: ServerContext): Promise<void> {
  const [key] = (await storedSecrets.holds()).keys;
  const lacking = (await metadata.workers.live(now())).filter(({ details }) => {
    const keys = details.secrets?.keys ?? [];
    return keys.length > 0 && key !== undefined && !keys.includes(key);
  });
  if (lacking.length === 0) return;
  const who = lacking.map(({ id }) => id).join(', ');
  throw new ApiProblem('conflict', `Nothing is changed: ${who} cannot open what key ${key} seals.`, {
    next: 'Give every worker both keys, the new one first, start it again, and ask once more.',
  });
}

const PAGE = 100;

/** What is missing for each pipeline in its newest version, a page of them at a time: compiled pipelines are large. */
async function missingEverywhere(context: ServerContext): Promise<readonly MissingSecret[]> {
  const missing: MissingSecret[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<PipelineVersion> = await context.metadata.pipelines.newest({ limit: PAGE, cursor });
    const ofPage = page.items.map(async (version) =>
      missingSecrets(context, (await loadCompiled(context, version)).ir),
    );
    missing.push(...(await Promise.all(ofPage)).flat());
    cursor = page.cursor;
  } while (cursor !== null);
  return missing;
}
