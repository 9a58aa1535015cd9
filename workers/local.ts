import { taskSlots } from '../ir/protocol/replicas-held.ts';
import type { RunRequest } from '../ir/protocol/run-request.ts';
import { identifySelf } from '../platform/process-identity.ts';
import { beSameEverywhere } from '../platform/same-everywhere.ts';
import { sendSignal } from '../platform/signals.ts';
import type { MetadataStore } from '../store/metadata/metadata-store.ts';
import { openStores, storeSettings } from '../store/open-stores.ts';
import { compiledPipelines } from './compiled-pipelines.ts';
import { createTaskHost } from './host/task-host.ts';
import { refuseLargeGangs } from './local/refuse-large-gangs.ts';
import { runLocally } from './local/run-locally.ts';
import { withSlots } from './local/with-slots.ts';
import { workerSettings } from './settings.ts';

/** Executes the run named by `MILLRACE_RUN_ID` in this process, without Temporal; exits 0 once its end is written down. */
async function main(): Promise<void> {
  beSameEverywhere();
  const where = storeSettings(process.env);
  const settings = workerSettings(process.env, where.home);
  const stores = await openStores(where, 'local');
  const compiled = compiledPipelines(stores.artifacts);
  const capacity = { ...settings.capacity, gpu: 1 };
  const host = createTaskHost({
    ...stores,
    getPackage: (digest) => compiled.package(digest),
    cacheFolder: settings.cacheFolder,
    workerId: settings.id,
    capacity,
    graceMs: settings.graceMs,
    advertisedHost: settings.advertisedHost,
  });
  const request = await readRequest(process.env.MILLRACE_RUN_ID ?? '', where.project, stores.metadata);
  const stop = stopOnSignals(request.runId, stores.metadata);
  await claimRun(request.runId, stores.metadata);
  // The parent may be gone by now: then the run is cancelled (stopOnSignals), and nobody is there to tell.
  process.send?.({ kind: 'ready' }, undefined, undefined, () => {});
  const limited = refuseLargeGangs(withSlots(host, taskSlots(capacity)), capacity);
  await runLocally(request, { stores, compiled, host: limited }, stop);
  const hasEnded = await host.close();
  await stores.close();
  if (!hasEnded) sendSignal(process.pid, 'SIGKILL');
}

/** The first signal, or the loss of the parent, cancels the run; a second ends this process without waiting for it. */
function stopOnSignals(runId: string, metadata: MetadataStore): AbortSignal {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (!stop.signal.aborted) {
      stop.abort();
      return;
    }
    const error = 'Cancelled, without waiting for its tasks.';
    void metadata.runs
      .end(runId, { status: 'cancelled', output: null, error, at: Date.now() })
      .finally(() => process.exit(1));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, interrupt);
  process.once('disconnect', () => stop.abort());
  return stop.signal;
}

/** From here on others can tell whether the run still has its process. */
async function claimRun(runId: string, metadata: MetadataStore): Promise<void> {
  if (await metadata.runs.claim(runId, await identifySelf())) return;
  const run = await metadata.runs.get(runId);
  const why = run?.endedAt
    ? `has ended: ${run.status}`
    : `belongs to process ${run?.runner?.pid} of ${run?.runner?.host}`;
  throw new Error(`Run ${runId} ${why}. Submit it with another id, or retry it: millrace runs retry ${runId} --local`);
}

async function readRequest(runId: string, project: string, metadata: MetadataStore): Promise<RunRequest> {
  const run = await metadata.runs.get(runId);
  if (!run) throw new Error(`There is no run '${runId}' in project '${project}'. MILLRACE_RUN_ID has to name one.`);
  const { pipeline, compiledDigest, params, logicalTime, partition, retryOf, rerunFrom, cache } = run;
  return { project, runId, pipeline, compiledDigest, params, logicalTime, partition, retryOf, rerunFrom, cache };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
