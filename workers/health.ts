import { createServer, type Server } from 'node:http';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { foreignCaller, listen } from '../platform/loopback.ts';

/** How long Temporal may take to answer. */
const ANSWERS_WITHIN_MS = 2_500;

/**
 * Answers to this machine how the worker is: GET /health while the process does, GET /health/ready with 200 while all its
 * queues are worked on and Temporal answers, else with 503.
 *
 * @param port 0 for any that is free.
 */
export async function startHealth(
  port: number,
  workers: readonly Pick<Worker, 'getState' | 'options'>[],
  { connection, namespace }: { readonly connection: NativeConnection; readonly namespace: string },
): Promise<{ readonly url: string; close(): void }> {
  const answer = async (path: string | undefined) => {
    if (path === '/health') return { status: 200, body: { status: 'ok' } };
    if (path !== '/health/ready') return { status: 404, body: { paths: ['/health', '/health/ready'] } };
    const temporal = await connection
      .withDeadline(Date.now() + ANSWERS_WITHIN_MS, () => connection.workflowService.describeNamespace({ namespace }))
      .then(
        () => true,
        () => false,
      );
    const queues = Object.fromEntries(workers.map((worker) => [worker.options.taskQueue, worker.getState()]));
    const ready = temporal && Object.values(queues).every((state) => state === 'RUNNING');
    return { status: ready ? 200 : 503, body: { ready, temporal, queues } };
  };
  const server = createServer(async (request, response) => {
    const foreign = foreignCaller(request.headers, 'This worker');
    const { status, body } = foreign === null ? await answer(request.url) : { status: 403, body: { detail: foreign } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const url = await listen(server, '127.0.0.1', port);
  return { url, close: () => closeNow(server) };
}

function closeNow(server: Server): void {
  server.close();
  server.closeAllConnections();
}
