import { createServer, type Server } from 'node:http';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { foreignCaller, listen } from '../platform/loopback.ts';

/** How long Temporal may take to answer. */
const ANSWERS_WITHIN_MS = 2_500;

/** What works, once there is a connection to Temporal. */
export interface Working {
  readonly workers: readonly Pick<Worker, 'getState' | 'options'>[];
  readonly connection: NativeConnection;
  readonly namespace: string;
}

export interface Health {
  readonly url: string;
  close(): void;
}

/**
 * Answers to this machine how the worker is: GET /health while the process does, GET /health/ready with 200 while all its
 * queues are worked on and Temporal answers, else with 503.
 *
 * @param port 0 for any that is free.
 * @param working null while Temporal is waited for.
 */
export async function startHealth(port: number, working: () => Working | null): Promise<Health> {
  const answer = async (path: string | undefined) => {
    if (path === '/health') return { status: 200, body: { status: 'ok' } };
    if (path !== '/health/ready') return { status: 404, body: { paths: ['/health', '/health/ready'] } };
    const body = await readiness(working());
    return { status: body.ready ? 200 : 503, body };
  };
  const server = createServer(async (request, response) => {
    const foreign = foreignCaller(request.headers, 'This worker');
    const { status, body } = foreign === null ? await answer(request.url) : { status: 403, body: { detail: foreign } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const url = await listen(server, '127.0.0.1', port);
  return { url, close: () => closeNow(server) };
}

async function readiness(working: Working | null) {
  if (working === null) return { ready: false, temporal: false, queues: {} };
  const { workers, connection, namespace } = working;
  const temporal = await connection
    .withDeadline(Date.now() + ANSWERS_WITHIN_MS, () => connection.workflowService.describeNamespace({ namespace }))
    .then(
      () => true,
      () => false,
    );
  const queues = Object.fromEntries(workers.map((worker) => [worker.options.taskQueue, worker.getState()]));
  const ready = temporal && Object.values(queues).every((state) => state === 'RUNNING');
  return { ready, temporal, queues };
}

function closeNow(server: Server): void {
  server.close();
  server.closeAllConnections();
}
