import { Runtime } from '@temporalio/worker';
import { beSameEverywhere } from '../platform/same-everywhere.ts';
import { sendSignal } from '../platform/signals.ts';
import { openStores, storeSettings } from '../store/open-stores.ts';
import { announceWorker } from './announce-worker.ts';
import { compiledPipelines } from './compiled-pipelines.ts';
import { startHealth, type Working } from './health.ts';
import { createTaskHost } from './host/task-host.ts';
import { workerSettings } from './settings.ts';
import { connectToTemporal } from './temporal/connect.ts';
import { missDeadWorkers } from './temporal/miss-dead-workers.ts';
import { queueWorker } from './temporal/queue-workers.ts';
import { sdkLogger } from './temporal/sdk-logger.ts';

/**
 * A worker process: one Temporal worker for each of its queues (`MILLRACE_QUEUES`, by default all four). It ends, in
 * good order, on SIGTERM, and when the supervisor that spawned it is gone.
 */
async function main(): Promise<void> {
  beSameEverywhere();
  Runtime.install({ logger: sdkLogger(), shutdownSignals: [] });
  const where = storeSettings(process.env);
  const settings = workerSettings(process.env, where.home);
  // Until something is under way that has to end in good order.
  const leave = () => process.exit(0);
  process.once('disconnect', leave);
  let working: Working | null = null;
  const health = settings.healthPort === null ? null : await startHealth(settings.healthPort, () => working);
  const [stores, { connection, namespace }] = await Promise.all([
    openStores(where, 'workers'),
    connectToTemporal(process.env),
  ]);
  const compiled = compiledPipelines(stores.artifacts);
  const host = createTaskHost({
    ...stores,
    getPackage: (digest) => compiled.package(digest),
    cacheFolder: settings.cacheFolder,
    workerId: settings.id,
    capacity: settings.capacity,
    graceMs: settings.graceMs,
    advertisedHost: settings.advertisedHost,
  });
  const parts = { connection, namespace, settings, stores, compiled, host };
  const missing = missDeadWorkers({ ...parts, project: where.project }).catch((error: unknown) => {
    console.error(`Tasks of workers that have died are found by their missing heartbeats only: ${error}`);
  });
  const workers = await Promise.all(settings.queues.map((queue) => queueWorker(queue, parts)));
  // Before anything is under way under this process' own name: a dead one may have had the same.
  await missing;
  working = { workers, connection, namespace };
  const announcement = await announceWorker(stores, settings);
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.off('disconnect', leave);
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, stop);
  process.send?.({ kind: 'ready' });
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    health?.close();
    await announcement.withdraw();
    const hasEnded = await host.close();
    await connection.close();
    await stores.close();
    if (!hasEnded) sendSignal(process.pid, 'SIGKILL');
  }
}

// Temporal's runtime keeps threads of its own; when all is closed there is nothing left to wait for.
main().then(
  () => process.exit(0),
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.send?.({ kind: 'failed', message });
    console.error(message);
    process.exit(1);
  },
);
