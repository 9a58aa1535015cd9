import { setTimeout as delay } from 'node:timers/promises';
import { Router } from 'express';
import { reply } from '../http/exchange.ts';
import { healthSchema, readinessSchema } from '../schemas/system.ts';
import type { ServerContext } from '../server-context.ts';

const PATIENCE_MS = 2_500;

/** GET /health answers while this process does; GET /health/ready with 503 while what it needs does not. */
export function healthRoutes(context: ServerContext, version: string): Router {
  const { temporal, metadata, project, now } = context;
  const temporalAnswers = () => (temporal === null ? Promise.resolve(true) : answers(temporal.check()));
  const router = Router();
  router.get('/health', async (_request, response) => {
    const state = temporal === null ? null : { address: temporal.address, answers: await temporalAnswers() };
    reply(response, healthSchema, { status: 'ok', project, version, temporal: state });
  });
  router.get('/health/ready', async (_request, response) => {
    const [isStoreThere, isTemporalThere] = await Promise.all([
      answers(metadata.workers.live(now())),
      temporalAnswers(),
    ]);
    const ready = isStoreThere && isTemporalThere;
    reply(response, readinessSchema, { ready, metadata: isStoreThere, temporal: isTemporalThere }, ready ? 200 : 503);
  });
  return router;
}

/** A store that is away is waited for much longer than whoever asks for health waits. */
async function answers(asking: Promise<unknown>): Promise<boolean> {
  const answered = asking.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, delay(PATIENCE_MS, false, { ref: false })]);
}
