import { setTimeout as delay } from 'node:timers/promises';
import { deploymentName } from './settings.ts';
import { connectToTemporal, type TemporalConnection } from './temporal/connect.ts';
import { type WorkerVersion, workerVersion } from './temporal/worker-version.ts';

/*
 * Makes the version that this installation's control workers are the current one of MILLRACE_DEPLOYMENT: new runs begin on
 * it. It waits for the first of them, and ends.
 */

/** As long as a worker may take to start, and Temporal to hear of it. */
const PATIENCE_MS = 120_000;

async function main(): Promise<void> {
  const name = deploymentName(process.env);
  if (name === null) throw new Error('MILLRACE_DEPLOYMENT is not set: name the deployment that the workers have.');
  const temporal = await connectToTemporal(process.env);
  const version = await workerVersion(name);
  try {
    await makeCurrent(temporal, version);
    console.log(`New runs begin on ${version.deploymentName}, build ${version.buildId}.`);
  } finally {
    await temporal.connection.close();
  }
}

async function makeCurrent({ connection, namespace }: TemporalConnection, version: WorkerVersion): Promise<void> {
  const { deploymentName, buildId } = version;
  for (const until = Date.now() + PATIENCE_MS; ; await delay(500)) {
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId });
      return;
    } catch (cause) {
      if (Date.now() < until) continue;
      const what = `Temporal does not take build ${buildId} of ${deploymentName}: ${cause instanceof Error ? cause.message : cause}.`;
      throw new Error(`${what} Start a control worker of this installation first.`, { cause });
    }
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
