import { Router } from 'express';
import { reply } from '../http/exchange.ts';
import { healthSchema } from '../schemas/system.ts';
import type { ServerContext } from '../server-context.ts';
import type { TemporalGateway } from '../temporal/temporal-gateway.ts';

/** GET /health: answers while this process does, with what it can reach. */
export function healthRoutes(context: ServerContext, version: string): Router {
  const router = Router();
  router.get('/health', async (_request, response) => {
    const temporal = context.temporal;
    reply(response, healthSchema, {
      status: 'ok',
      project: context.project,
      version,
      temporal: temporal === null ? null : { address: temporal.address, answers: await answers(temporal) },
    });
  });
  return router;
}

async function answers(temporal: TemporalGateway): Promise<boolean> {
  return temporal.check().then(
    () => true,
    () => false,
  );
}
