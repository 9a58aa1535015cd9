import { Router } from 'express';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { createSchedule, pauseSchedule, removeSchedule, updateSchedule } from '../schedules/change-schedule.ts';
import { findSchedule } from '../schedules/find-schedule.ts';
import { stateOf } from '../schedules/tell-temporal.ts';
import { triggerSchedule } from '../schedules/trigger-schedule.ts';
import {
  createScheduleSchema,
  pauseScheduleSchema,
  scheduleHistoryQuery,
  scheduleHistorySchema,
  scheduleListQuery,
  scheduleListSchema,
  scheduleStateSchema,
  triggeredSchema,
  updateScheduleSchema,
} from '../schemas/schedule.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * POST and GET /schedules; GET, PATCH and DELETE /schedules/:name; POST /schedules/:name/pause, /unpause and /trigger; GET
 * /schedules/:name/history. Its runs are those of GET /runs?schedule=NAME.
 */
export function scheduleRoutes(context: ServerContext): Router {
  const router = Router();
  const { schedules } = context.metadata;

  router.post('/schedules', async (request, response) => {
    const body = accept(createScheduleSchema, request.body);
    reply(response, scheduleStateSchema, await createSchedule(context, body), 201);
  });
  router.get('/schedules', async (request, response) => {
    const page = await schedules.page(accept(scheduleListQuery, request.query));
    const items = await Promise.all(page.items.map((schedule) => stateOf(context, schedule)));
    reply(response, scheduleListSchema, { items, cursor: page.cursor });
  });
  router.get('/schedules/:name', async (request, response) => {
    const schedule = await findSchedule(context, pathParam(request, 'name'));
    reply(response, scheduleStateSchema, await stateOf(context, schedule));
  });
  router.get('/schedules/:name/history', async (request, response) => {
    const page = accept(scheduleHistoryQuery, request.query);
    reply(response, scheduleHistorySchema, await schedules.history(pathParam(request, 'name'), page));
  });
  router.patch('/schedules/:name', async (request, response) => {
    const body = accept(updateScheduleSchema, request.body);
    reply(response, scheduleStateSchema, await updateSchedule(context, pathParam(request, 'name'), body));
  });
  for (const [verb, paused] of [
    ['pause', true],
    ['unpause', false],
  ] as const) {
    router.post(`/schedules/:name/${verb}`, async (request, response) => {
      const { note } = accept(pauseScheduleSchema, request.body);
      reply(response, scheduleStateSchema, await pauseSchedule(context, pathParam(request, 'name'), paused, note));
    });
  }
  router.post('/schedules/:name/trigger', async (request, response) => {
    reply(response, triggeredSchema, await triggerSchedule(context, pathParam(request, 'name')), 202);
  });
  router.delete('/schedules/:name', async (request, response) => {
    const schedule = await removeSchedule(context, pathParam(request, 'name'));
    reply(response, scheduleStateSchema, { schedule, timing: null, notices: [] });
  });
  return router;
}
