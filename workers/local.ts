import type { RunRequest } from '../ir/protocol/run-request.ts';
import type { MetadataStore } from '../store/metadata/metadata-store.ts';
import { openStores, storeSettings } from '../store/open-stores.ts';
import { compiledPipelines } from './compiled-pipelines.ts';
import { secretsFromEnvironment } from './host/secrets.ts';
import { createTaskHost } from './host/task-host.ts';
import { runLocally } from './local/run-locally.ts';
import { withSlots } from './local/with-slots.ts';
import { taskSlots, workerSettings } from './settings.ts';

/** Executes the run named by `MILLRACE_RUN_ID` in this process, without Temporal, and exits 0 or 1 as it ended. */
async function main(): Promise<number> {
  const where = storeSettings(process.env);
  const settings = workerSettings(process.env, where.home);
  const stores = await openStores(where);
  const compiled = compiledPipelines(stores.artifacts);
  const host = createTaskHost({
    ...stores,
    getPackage: (digest) => compiled.package(digest),
    cacheFolder: settings.cacheFolder,
    workerId: settings.id,
    capacity: { ...settings.capacity, gpu: 1 },
    secrets: secretsFromEnvironment(process.env),
    graceMs: settings.graceMs,
  });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  process.once('disconnect', () => stop.abort());
  const request = await readRequest(process.env.MILLRACE_RUN_ID ?? '', where.project, stores.metadata);
  process.send?.({ kind: 'ready' });
  const outcome = await runLocally(
    request,
    { stores, compiled, host: withSlots(host, taskSlots(settings)) },
    stop.signal,
  );
  await host.close();
  await stores.close();
  return outcome.status === 'succeeded' ? 0 : 1;
}

async function readRequest(runId: string, project: string, metadata: MetadataStore): Promise<RunRequest> {
  const run = await metadata.runs.get(runId);
  if (!run) throw new Error(`There is no run '${runId}' in project '${project}'. MILLRACE_RUN_ID has to name one.`);
  const { pipeline, compiledDigest, params, logicalTime, partition, retryOf } = run;
  return { project, runId, pipeline, compiledDigest, params, logicalTime, partition, retryOf };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
