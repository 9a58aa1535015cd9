import { type Request, Router } from 'express';
import { canonicalJson } from '../../ir/json.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import {
  pipelineDetailSchema,
  pipelineListQuery,
  pipelineListSchema,
  pipelineVersionSchema,
} from '../schemas/pipeline.ts';
import type { ServerContext } from '../server-context.ts';
import { checkCompiled } from './check-compiled.ts';

/** POST and GET /pipelines, GET /pipelines/:name, GET /pipelines/:name/versions/:version (a number, or `latest`). */
export function pipelineRoutes(context: ServerContext): Router {
  const router = Router();
  router.post('/pipelines', async (request, response) => {
    const compiled = await checkCompiled(context, request.body);
    const compiledDigest = await context.artifacts.putBlob(new TextEncoder().encode(canonicalJson(compiled)));
    const version = await context.metadata.pipelines.add({
      pipeline: compiled.ir.name,
      compiledDigest,
      irDigest: compiled.irDigest,
      submittedBy: context.user,
    });
    reply(response, pipelineVersionSchema, version, 201);
  });
  router.get('/pipelines', async (request, response) => {
    reply(
      response,
      pipelineListSchema,
      await context.metadata.pipelines.list(accept(pipelineListQuery, request.query)),
    );
  });
  router.get(['/pipelines/:name', '/pipelines/:name/versions/:version'], async (request, response) => {
    const version = await findVersion(context, { pipeline: pathParam(request, 'name'), ...versionOf(request) });
    reply(response, pipelineDetailSchema, { version, compiled: await loadCompiled(context, version) });
  });
  return router;
}

function versionOf(request: Request): { version?: number } {
  const text = request.params.version ?? 'latest';
  if (text === 'latest') return {};
  const version = Number(text);
  if (Number.isInteger(version) && version > 0) return { version };
  throw new ApiProblem('invalidRequest', `'${String(text)}' is no version: a whole number from 1, or latest.`);
}
