import { Router } from 'express';
import { reply } from '../http/exchange.ts';
import { workerListSchema } from '../schemas/system.ts';
import type { ServerContext } from '../server-context.ts';

/** GET /workers: those whose lease has not run out. */
export function workerRoutes(context: ServerContext): Router {
  const router = Router();
  router.get('/workers', async (_request, response) => {
    reply(response, workerListSchema, { items: [...(await context.metadata.workers.live(context.now()))] });
  });
  return router;
}
