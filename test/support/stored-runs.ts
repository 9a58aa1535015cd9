import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import type { PipelineDefinition } from '../../dsl/index.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { RUN_WORKFLOW, runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { Run } from '../../store/metadata/run-table.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { dataConverter } from '../../store/payloads/data-converter.ts';
import type { PayloadStore } from '../../store/payloads/payload-store.ts';
import { compiledPipelines } from '../../workers/compiled-pipelines.ts';
import type { TaskHost } from '../../workers/host/task-host.ts';
import { runLocally } from '../../workers/local/run-locally.ts';
import { workerSettings } from '../../workers/settings.ts';
import { queueWorker } from '../../workers/temporal/queue-workers.ts';
import { compiledOf } from '../../workflows/interpreter-driver.suite.ts';
import { ownNamespace } from './temporal-driver.ts';

/** Workers of the queues `millrace` and `cpu` over stores of their own; what runs tasks is the test's. */
export interface StoredRuns {
  readonly stores: Stores;
  readonly client: Client;
  /** Stores a compiled pipeline and gives its digest. */
  compile(pipeline: PipelineDefinition): Promise<string>;
  /** Writes a run's row and starts its workflow; a run that retries another takes over what stands of it. */
  start(compiledDigest: string, retryOf?: string): Promise<{ runId: string; handle: WorkflowHandle }>;
  /** A run's history as the bytes that Temporal has: references are what they are. */
  history(handle: WorkflowHandle): Promise<string>;
  /** Runs in this process, and gives the row that is left. */
  runLocally(compiledDigest: string): Promise<Run | null>;
  close(): Promise<void>;
}

const { History } = proto.temporal.api.history.v1;

const noTasks: TaskHost = {
  run: () => Promise.reject(new Error('These runs start no task.')),
  close: async () => true,
};

interface StoredRunsOptions {
  readonly host?: TaskHost;
  /** What workers and client have in place of the stores' payloads. */
  readonly wrap?: (home: string, payloads: PayloadStore) => PayloadStore;
}

export async function storedRuns(options: StoredRunsOptions = {}): Promise<StoredRuns> {
  const { host = noTasks, wrap = (_home, payloads) => payloads } = options;
  const home = await mkdtemp(join(tmpdir(), 'millrace-runs-'));
  const stores = await openStores({ home, project: 'default' });
  const payloads = wrap(home, stores.payloads);
  const compiled = compiledPipelines(stores.artifacts);
  const address = inject('temporalAddress');
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
  const namespace = await ownNamespace(clientConnection);
  const converter = dataConverter(payloads);
  const client = new Client({ connection: clientConnection, namespace, dataConverter: converter });
  const settings = workerSettings({}, home);
  const parts = { connection, namespace, settings, stores: { ...stores, payloads }, compiled, host };
  const workers = await Promise.all([CONTROL_QUEUE, 'cpu'].map((queue) => queueWorker(queue, parts)));
  const running = workers.map((worker) => worker.run());
  return {
    stores,
    client,
    compile: (pipeline) => stores.artifacts.putBlob(Buffer.from(JSON.stringify(compiledOf(pipeline)))),
    start: async (compiledDigest, retryOf) => {
      const request = await createRun(stores, compiledDigest, 'temporal', retryOf);
      const { runId } = request;
      const workflowId = runWorkflowId('default', runId);
      const handle = await client.workflow.start(RUN_WORKFLOW, {
        workflowId,
        taskQueue: CONTROL_QUEUE,
        args: [request],
      });
      return { runId, handle };
    },
    history: async ({ workflowId }) => {
      const request = { namespace, execution: { workflowId } };
      const { history } = await clientConnection.workflowService.getWorkflowExecutionHistory(request);
      return Buffer.from(History.encode(history ?? {}).finish()).toString('latin1');
    },
    runLocally: async (compiledDigest) => {
      const request = await createRun(stores, compiledDigest, 'local');
      await runLocally(request, { stores, compiled, host }, new AbortController().signal);
      return stores.metadata.runs.get(request.runId);
    },
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
      await clientConnection.close();
      await stores.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

let count = 0;
async function createRun(
  { metadata }: Stores,
  compiledDigest: string,
  driver: Run['driver'],
  retryOf: string | null = null,
): Promise<RunRequest> {
  const runId = `run-${++count}`;
  const facts = {
    ...{ pipeline: 'stored', compiledDigest, params: {}, logicalTime: null, partition: null, schedule: null },
    ...{ retryOf, rerunFrom: [] },
  };
  const rest = { pipelineVersion: 1, name: null, driver, workflowId: null, submittedBy: 'tests' };
  await metadata.runs.create({ id: runId, ...facts, ...rest });
  return { project: 'default', runId, ...facts };
}
