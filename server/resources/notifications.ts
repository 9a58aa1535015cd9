import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import type { Message, Notification } from '../../store/metadata/notification-table.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { noticesOf } from '../notifications/notices-of.ts';
import { sendOnce } from '../notifications/try-delivery.ts';
import {
  createdNotificationSchema,
  createNotificationSchema,
  deliveryPageSchema,
  notificationListSchema,
  notificationSchema,
  type TestedNotification,
  testedNotificationSchema,
} from '../schemas/notification.ts';
import type { ServerContext } from '../server-context.ts';

/** Each may have deliveries under way: what they hold together is bounded by how many there are. */
const MOST_NOTIFICATIONS = 100;
const pageSchema = z.object({ limit: z.coerce.number().optional(), cursor: z.string().optional() });

/** POST and GET /notifications, GET and DELETE /notifications/:name, GET …/deliveries, POST …/test: who is told of what. */
export function notificationRoutes(context: ServerContext): Router {
  const router = Router();
  const { notifications } = context.metadata;

  router.post('/notifications', async (request, response) => {
    const body = accept(createNotificationSchema, request.body);
    if ((await notifications.list()).length >= MOST_NOTIFICATIONS) throw tooMany(context);
    const notification = await notifications.create({ ...body, createdBy: context.user });
    reply(response, createdNotificationSchema, { notification, notices: await noticesOf(context, notification) }, 201);
  });
  router.get('/notifications', async (_request, response) => {
    reply(response, notificationListSchema, { items: [...(await notifications.list())] });
  });
  router.get('/notifications/:name', async (request, response) => {
    reply(response, notificationSchema, await findNotification(context, pathParam(request, 'name')));
  });
  router.get('/notifications/:name/deliveries', async (request, response) => {
    const { limit, cursor = null } = accept(pageSchema, request.query);
    const page = { cursor, ...(limit === undefined ? {} : { limit }) };
    reply(response, deliveryPageSchema, await notifications.deliveries(pathParam(request, 'name'), page));
  });
  router.delete('/notifications/:name', async (request, response) => {
    const found = await findNotification(context, pathParam(request, 'name'));
    await notifications.delete(found.name);
    reply(response, notificationSchema, found);
  });
  router.post('/notifications/:name/test', async (request, response) => {
    const found = await findNotification(context, pathParam(request, 'name'));
    reply(response, testedNotificationSchema, await testNotification(context, found));
  });
  return router;
}

/** Sends a message now, once, past the outbox. */
async function testNotification(context: ServerContext, { name }: Notification): Promise<TestedNotification> {
  const at = context.now();
  const message: Message = {
    ...{ event: 'test', at, title: `Notification ${name} of project ${context.project} works` },
    ...{ pipeline: null, run: null, task: null, detail: null, next: `millrace notifications get ${name}` },
  };
  const delivery = { id: `test-${randomUUID()}`, notification: name, message, createdAt: at };
  const { error } = await sendOnce(context, delivery, new AbortController().signal);
  return { id: delivery.id, error };
}

async function findNotification({ metadata, project }: ServerContext, name: string): Promise<Notification> {
  const notification = await metadata.notifications.get(name);
  if (notification !== null) return notification;
  throw new ApiProblem('notFound', `Project ${project} has no notification '${name}'.`, {
    next: 'List them with `millrace notifications list`.',
  });
}

function tooMany({ project }: ServerContext): ApiProblem {
  return new ApiProblem('conflict', `Project ${project} has ${MOST_NOTIFICATIONS} notifications, which is the most.`, {
    next: 'Delete one: millrace notifications delete NAME',
  });
}
