import { Router } from 'express';
import type { PipelineVersion } from '../../store/metadata/pipeline-table.ts';
import { placeOfRun, refuseFuture } from '../backfills/partition-of-run.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { explainRun } from '../runs/explain-run.ts';
import { findRun, findWholeRun } from '../runs/find-run.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import { endIfOrphaned, endOrphans } from '../runs/local-runs.ts';
import { pauseRun } from '../runs/pause-run.ts';
import { poolsWaitedFor } from '../runs/pools-waited-for.ts';
import { retryRun } from '../runs/retry-run.ts';
import { submitRun } from '../runs/submit-run.ts';
import { explainQuery, explanationSchema } from '../schemas/explanation.ts';
import {
  cancelRunSchema,
  pauseRunSchema,
  rerunRunSchema,
  retryRunSchema,
  runListQuery,
  runListSchema,
  runSchema,
  runValuesSchema,
  submitRunSchema,
  submittedRunSchema,
} from '../schemas/run.ts';
import {
  attemptListSchema,
  logPageSchema,
  logQuery,
  pointListQuery,
  pointListSchema,
  runDetailSchema,
  taskListQuery,
  taskListSchema,
  taskSchema,
} from '../schemas/task.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * POST and GET /runs, GET /runs/:id, POST /runs/:id/cancel, /pause, /unpause, /retry and /rerun. What may be large has routes of its own:
 * GET /runs/:id/logs, /runs/:id/metrics (all points), /runs/:id/tasks (all tasks by pages), /runs/:id/values (the run's), /runs/:id/tasks/:path (a task's) and
 * /runs/:id/tasks/:path/attempts. GET /runs/:id/explain says why tasks were run.
 */
export function runRoutes(context: ServerContext): Router {
  const router = Router();
  const { runs, tasks } = context.metadata;

  router.post('/runs', async (request, response) => {
    const body = accept(submitRunSchema, request.body);
    if (body.driver === 'local') await endOrphans(context);
    const { future, ...rest } = body;
    const version = await findVersion(context, body);
    if (!future && body.partition !== null) await refuseFutureRun(context, version, body.partition);
    const submission = {
      ...rest,
      version,
      retryOf: null,
      rerunFrom: [],
      logicalTime: null,
      runId: body.runId,
    };
    reply(response, submittedRunSchema, await submitRun(context, submission), 201);
  });
  router.get('/runs', async (request, response) => {
    const filter = accept(runListQuery, request.query);
    await endOrphans(context);
    reply(response, runListSchema, await runs.list(filter));
  });
  router.get('/runs/:id', async (request, response) => {
    const run = await endIfOrphaned(context, await findRun(context, pathParam(request, 'id')));
    const [listed, counts, attempts, metrics, pools] = await Promise.all([
      tasks.list(run.id),
      tasks.counts(run.id),
      tasks.attempts(run.id),
      tasks.metrics(run.id),
      poolsWaitedFor(context, run),
    ]);
    const all = counts.reduce((sum, count) => sum + count.tasks, 0);
    const ofTasks = { tasks: [...listed], counts: [...counts], unlisted: Math.max(0, all - listed.length) };
    reply(response, runDetailSchema, {
      run,
      ...ofTasks,
      attempts: [...attempts],
      metrics: [...metrics],
      pools: [...pools],
    });
  });
  router.get('/runs/:id/values', async (request, response) => {
    const { params, output } = await findWholeRun(context, pathParam(request, 'id'));
    reply(response, runValuesSchema, { params, output });
  });
  router.get('/runs/:id/tasks', async (request, response) => {
    const { id } = await findRun(context, pathParam(request, 'id'));
    reply(response, taskListSchema, await tasks.page(id, accept(taskListQuery, request.query)));
  });
  router.get('/runs/:id/tasks/:path', async (request, response) => {
    const { id } = await findRun(context, pathParam(request, 'id'));
    const path = pathParam(request, 'path');
    const task = await tasks.get(id, path);
    if (task === null) throw new ApiProblem('notFound', `Run ${id} has no task '${path}'.`, seeTasksOf(id));
    reply(response, taskSchema, { ...task, leftOut: null });
  });
  router.get('/runs/:id/tasks/:path/attempts', async (request, response) => {
    const { id } = await findRun(context, pathParam(request, 'id'));
    reply(response, attemptListSchema, { items: [...(await tasks.attempts(id, pathParam(request, 'path')))] });
  });
  router.get('/runs/:id/metrics', async (request, response) => {
    const { id } = await findRun(context, pathParam(request, 'id'));
    reply(response, pointListSchema, await tasks.points(id, accept(pointListQuery, request.query)));
  });
  router.get('/runs/:id/logs', async (request, response) => {
    const run = await findRun(context, pathParam(request, 'id'));
    const page = await tasks.logs(run.id, accept(logQuery, request.query));
    reply(response, logPageSchema, { chunks: [...page.chunks], cursor: page.cursor });
  });
  router.get('/runs/:id/explain', async (request, response) => {
    const { path } = accept(explainQuery, request.query);
    reply(response, explanationSchema, await explainRun(context, pathParam(request, 'id'), path));
  });
  router.post('/runs/:id/cancel', async (request, response) => {
    const how = accept(cancelRunSchema, request.body ?? {});
    reply(response, runSchema, await cancelRun(context, pathParam(request, 'id'), how), 202);
  });
  router.post('/runs/:id/pause', async (request, response) => {
    const { note } = accept(pauseRunSchema, request.body ?? {});
    const order = { kind: 'pause', by: context.user, note } as const;
    reply(response, runSchema, await pauseRun(context, pathParam(request, 'id'), order), 202);
  });
  router.post('/runs/:id/unpause', async (request, response) => {
    reply(response, runSchema, await pauseRun(context, pathParam(request, 'id'), { kind: 'unpause' }), 202);
  });
  router.post('/runs/:id/retry', async (request, response) => {
    const body = accept(retryRunSchema, request.body ?? {});
    reply(response, submittedRunSchema, await retryRun(context, pathParam(request, 'id'), body), 201);
  });
  router.post('/runs/:id/rerun', async (request, response) => {
    const { from, ...rest } = accept(rerunRunSchema, request.body);
    const rerun = await retryRun(context, pathParam(request, 'id'), { ...rest, params: {} }, from);
    reply(response, submittedRunSchema, rerun, 201);
  });
  return router;
}

async function refuseFutureRun(context: ServerContext, version: PipelineVersion, partition: string): Promise<void> {
  const { ir } = await loadCompiled(context, version);
  const place = placeOfRun(ir, partition, null);
  if (place.partition !== null) refuseFuture(ir, [place.partition], context.now());
}

function seeTasksOf(id: string) {
  return { next: `See its tasks with \`millrace runs get ${id}\`.` };
}
