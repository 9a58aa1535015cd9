import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { WorkerDeploymentOptions } from '@temporalio/worker';

/** A version of a Worker Deployment, by Temporal's words for its two halves. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** In dist/ it lies beside the rooms; tests that run from the sources use the one that the build left. */
export function workflowBundle(): string {
  const path = import.meta.url.endsWith('.ts') ? '../../dist/workflow-bundle.js' : '../../workflow-bundle.js';
  return fileURLToPath(new URL(path, import.meta.url));
}

/**
 * The version that the workers of this installation are: named by the digest of the workflows' bundle, so that only what can
 * change how a run is replayed makes another, and the same release is the same version on every machine.
 */
export async function workerVersion(deploymentName: string): Promise<WorkerVersion> {
  const digest = createHash('sha256')
    .update(await readFile(workflowBundle()))
    .digest('hex');
  return { deploymentName, buildId: digest.slice(0, 16) };
}

/**
 * Runs and their parts end where they began; rollouts and backfills, which say so themselves, go on with whatever version is
 * current.
 */
export function deploymentOptions(version: WorkerVersion): WorkerDeploymentOptions {
  return { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' };
}
