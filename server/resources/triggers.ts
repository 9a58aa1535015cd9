import express, { type Request, Router } from 'express';
import { accept, pathParam, reply } from '../http/exchange.ts';
import {
  appliedTriggersSchema,
  applyTriggersSchema,
  createdTriggerSchema,
  createTriggerSchema,
  deliveredSchema,
  firingsSchema,
  pauseTriggerSchema,
  triggerChangesSchema,
  triggerListSchema,
  triggerPageQuery,
  triggerStateSchema,
  updateTriggerSchema,
} from '../schemas/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { acceptDelivery } from '../triggers/accept-delivery.ts';
import { applyTriggers } from '../triggers/apply-triggers.ts';
import { createTrigger, pauseTrigger, removeTrigger, updateTrigger } from '../triggers/change-trigger.ts';
import { findTrigger, requireKnown, triggerState } from '../triggers/find-trigger.ts';

/** Of a delivery, which becomes an event as a whole. */
const LARGEST_BODY = '64kb';

/**
 * POST /triggers/:name/deliveries, to be mounted there. Its body is signed byte for byte, so it stands before what reads
 * JSON; and senders know the trigger's secret and no token, so it stands before what asks for one.
 */
export function deliveryRoutes(context: ServerContext): Router {
  const router = Router({ mergeParams: true });
  router.post('/', express.raw({ limit: LARGEST_BODY, type: () => true }), async (request, response) => {
    const header = (name: string) => request.get(name) ?? '';
    const signed = {
      ...{ id: header('webhook-id'), timestamp: header('webhook-timestamp') },
      ...{ signature: header('webhook-signature'), body: bytesOf(request) },
    };
    reply(response, deliveredSchema, await acceptDelivery(context, pathParam(request, 'name'), signed), 202);
  });
  return router;
}

function bytesOf({ body }: Request): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

/**
 * POST and GET /triggers; POST /triggers/apply; GET, PATCH and DELETE /triggers/:name; POST /triggers/:name/pause and /unpause; GET
 * /triggers/:name/firings and /triggers/:name/changes.
 */
export function triggerRoutes(context: ServerContext): Router {
  const router = Router();
  const { triggers } = context.metadata;
  const nameOf = (request: Request) => pathParam(request, 'name');

  router.post('/triggers', async (request, response) => {
    const body = accept(createTriggerSchema, request.body);
    reply(response, createdTriggerSchema, await createTrigger(context, body), 201);
  });
  router.post('/triggers/apply', async (request, response) => {
    reply(response, appliedTriggersSchema, await applyTriggers(context, accept(applyTriggersSchema, request.body)));
  });
  router.get('/triggers', async (request, response) => {
    const page = await triggers.page(accept(triggerPageQuery, request.query));
    const items = await Promise.all(page.items.map((trigger) => triggerState(context, trigger)));
    reply(response, triggerListSchema, { items, cursor: page.cursor });
  });
  router.get('/triggers/:name', async (request, response) => {
    const trigger = await findTrigger(context, nameOf(request));
    reply(response, triggerStateSchema, await triggerState(context, trigger));
  });
  router.get('/triggers/:name/firings', async (request, response) => {
    const page = accept(triggerPageQuery, request.query);
    await requireKnown(context, nameOf(request));
    reply(response, firingsSchema, await triggers.firings(nameOf(request), page));
  });
  router.get('/triggers/:name/changes', async (request, response) => {
    const page = accept(triggerPageQuery, request.query);
    await requireKnown(context, nameOf(request));
    reply(response, triggerChangesSchema, await triggers.history(nameOf(request), page));
  });
  router.patch('/triggers/:name', async (request, response) => {
    const body = accept(updateTriggerSchema, request.body);
    reply(response, triggerStateSchema, await updateTrigger(context, nameOf(request), body));
  });
  for (const [verb, paused] of [
    ['pause', true],
    ['unpause', false],
  ] as const) {
    router.post(`/triggers/:name/${verb}`, async (request, response) => {
      const { note } = accept(pauseTriggerSchema, request.body);
      reply(response, triggerStateSchema, await pauseTrigger(context, nameOf(request), paused, note));
    });
  }
  router.delete('/triggers/:name', async (request, response) => {
    reply(response, triggerStateSchema, { trigger: await removeTrigger(context, nameOf(request)), look: null });
  });
  return router;
}
