import { Router } from 'express';
import { queuePool } from '../../ir/protocol/slots.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { PoolState } from '../../store/metadata/pool-table.ts';
import { accept, pathParam, reply } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import { wakeWaiters } from '../runs/wake-waiters.ts';
import { poolListQuery, poolListSchema, poolStateSchema, setPoolSchema } from '../schemas/pool.ts';
import type { ServerContext } from '../server-context.ts';

/** PUT, GET and DELETE /pools/:name; GET /pools: who has the slots of what is scarce, and who waits for them. */
export function poolRoutes(context: ServerContext): Router {
  const router = Router();
  const { pools } = context.metadata;

  router.get('/pools', async (request, response) => {
    const page = accept(poolListQuery, request.query);
    reply(response, poolListSchema, await pools.page(context.now(), page));
  });
  router.get('/pools/:name', async (request, response) => {
    reply(response, poolStateSchema, await findPool(context, pathParam(request, 'name')));
  });
  router.put('/pools/:name', async (request, response) => {
    const { name, slots } = accept(setPoolSchema, { ...request.body, name: pathParam(request, 'name') });
    refuseControlQueue(name);
    await pools.set(name, slots, context.user);
    await wakeWaiters(context, await pools.turns(name, context.now()));
    reply(response, poolStateSchema, await findPool(context, name));
  });
  router.delete('/pools/:name', async (request, response) => {
    const pool = await findPool(context, pathParam(request, 'name'));
    await pools.delete(pool.name, context.now());
    reply(response, poolStateSchema, pool);
  });
  return router;
}

async function findPool(context: ServerContext, name: string): Promise<PoolState> {
  const pool = await context.metadata.pools.get(name, context.now());
  if (pool !== null) return pool;
  throw new ApiProblem('notFound', `Project ${context.project} has no pool '${name}'.`, {
    next: `List them with \`millrace pools list\`, or make it: millrace pools set ${name} SLOTS`,
  });
}

function refuseControlQueue(name: string): void {
  if (name !== queuePool(CONTROL_QUEUE)) return;
  throw new ApiProblem('invalidRequest', `Queue ${CONTROL_QUEUE} is where runs are carried on: nothing limits it.`, {
    next: 'Limit the queues of tasks: millrace pools set queue:gpu 4',
  });
}
