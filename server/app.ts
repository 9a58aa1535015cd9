import express, { type Express, type RequestHandler } from 'express';
import { answerProblems, noSuchRoute } from './http/answer-problems.ts';
import { pathParam } from './http/exchange.ts';
import { guardHost, requireJsonOnWrites } from './http/guard-requests.ts';
import { ApiProblem } from './http/problem.ts';
import { requireToken } from './http/require-token.ts';
import { approvalRoutes } from './resources/approvals.ts';
import { artifactRoutes } from './resources/artifacts.ts';
import { backfillRoutes } from './resources/backfills.ts';
import { blobRoutes } from './resources/blobs.ts';
import { endpointRoutes } from './resources/endpoints.ts';
import { healthRoutes } from './resources/health.ts';
import { modelRoutes } from './resources/models.ts';
import { notificationRoutes } from './resources/notifications.ts';
import { pipelineRoutes } from './resources/pipelines.ts';
import { poolRoutes } from './resources/pools.ts';
import { retentionRoutes } from './resources/retention.ts';
import { runRoutes } from './resources/runs.ts';
import { scheduleRoutes } from './resources/schedules.ts';
import { secretRoutes } from './resources/secrets.ts';
import { deliveryRoutes, triggerRoutes } from './resources/triggers.ts';
import { workerRoutes } from './resources/workers.ts';
import type { ServerContext } from './server-context.ts';

const PROJECT = '/api/v1/projects/:project';
/** A compiled pipeline with thousands of nodes has some megabytes. */
const LARGEST_JSON = '32mb';

/**
 * The API as an express application that does not listen yet.
 *
 * @param token What callers have to show, from wherever they come; null for an API of this machine's users. Health is
 *   open: whoever looks after a process need not be able to run code. So are deliveries of webhooks, which are signed.
 */
export function createApp(context: ServerContext, version: string, token: string | null = null): Express {
  const app = express();
  app.disable('x-powered-by');
  if (token === null) app.use(guardHost);
  app.use(healthRoutes(context, version));
  app.use(requireJsonOnWrites);
  const isServed = onlyProject(context.project);
  app.use(`${PROJECT}/triggers/:name/deliveries`, isServed, deliveryRoutes(context));
  if (token !== null) app.use(requireToken(token));
  app.use(
    PROJECT,
    isServed,
    express.json({ limit: LARGEST_JSON }),
    blobRoutes(context),
    pipelineRoutes(context),
    runRoutes(context),
    approvalRoutes(context),
    modelRoutes(context),
    endpointRoutes(context),
    workerRoutes(context),
    poolRoutes(context),
    secretRoutes(context),
    notificationRoutes(context),
    scheduleRoutes(context),
    triggerRoutes(context),
    backfillRoutes(context),
    artifactRoutes(context),
    retentionRoutes(context),
  );
  app.use(noSuchRoute);
  app.use(answerProblems(context.log));
  return app;
}

function onlyProject(project: string): RequestHandler {
  return (request, _response, next) => {
    const asked = pathParam(request, 'project');
    if (asked !== project) {
      throw new ApiProblem('notFound', `This API serves the project ${project}, not ${asked}.`, {
        next: `Start one for it: millrace up --project ${asked}`,
      });
    }
    next();
  };
}
