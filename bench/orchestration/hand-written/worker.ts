import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import * as activities from './activities.ts';
import { ONE_QUEUE, TASK_QUEUE } from './queues.ts';

/** The hand-written side's worker process. It ends on SIGTERM. */
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: ['SIGTERM'] });
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233' });
const workflowsPath = join(import.meta.dirname, 'workflows.ts');
const workers = await Promise.all([
  Worker.create({ connection, taskQueue: ONE_QUEUE, workflowsPath, activities: { ...activities } }),
  Worker.create({ connection, taskQueue: TASK_QUEUE, activities: { ...activities } }),
]);
process.send?.({ kind: 'ready' });
await Promise.all(workers.map((worker) => worker.run()));
await connection.close();
process.exit(0);
