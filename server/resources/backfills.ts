import { Router } from 'express';
import { cancelBackfill, retryBackfill } from '../backfills/change-backfill.ts';
import { createBackfill } from '../backfills/create-backfill.ts';
import { backfillState, findBackfill } from '../backfills/find-backfill.ts';
import { partitionsOf } from '../backfills/list-partitions.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import {
  backfillListQuery,
  backfillListSchema,
  backfillStateSchema,
  cancelBackfillSchema,
  createBackfillSchema,
  partitionListQuery,
  partitionListSchema,
} from '../schemas/backfill.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * POST and GET /backfills, GET /backfills/:id, POST /backfills/:id/cancel and /retry; GET /pipelines/:name/partitions. The runs
 * of one are those of GET /runs?backfill=ID.
 */
export function backfillRoutes(context: ServerContext): Router {
  const router = Router();
  router.post('/backfills', async (request, response) => {
    const body = accept(createBackfillSchema, request.body);
    reply(response, backfillStateSchema, await createBackfill(context, body), 201);
  });
  router.get('/backfills', async (request, response) => {
    const page = accept(backfillListQuery, request.query);
    reply(response, backfillListSchema, await context.metadata.backfills.list(page));
  });
  router.get('/backfills/:id', async (request, response) => {
    const backfill = await findBackfill(context, pathParam(request, 'id'));
    reply(response, backfillStateSchema, await backfillState(context, backfill));
  });
  router.post('/backfills/:id/cancel', async (request, response) => {
    const how = accept(cancelBackfillSchema, request.body ?? {});
    reply(response, backfillStateSchema, await cancelBackfill(context, pathParam(request, 'id'), how), 202);
  });
  router.post('/backfills/:id/retry', async (request, response) => {
    reply(response, backfillStateSchema, await retryBackfill(context, pathParam(request, 'id')), 202);
  });
  router.get('/pipelines/:name/partitions', async (request, response) => {
    const query = accept(partitionListQuery, request.query);
    reply(response, partitionListSchema, await partitionsOf(context, pathParam(request, 'name'), query));
  });
  return router;
}
