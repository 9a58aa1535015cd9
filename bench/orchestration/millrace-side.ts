import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { compileFile } from '../../code/compile-file.ts';
import type { JsonObject, JsonValue } from '../../ir/json.ts';
import type { RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import { RUN_WORKFLOW, runWorkflowId } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import { openStores } from '../../store/open-stores.ts';
import { startNode } from './processes.ts';
import type { Side } from './side.ts';

const PROJECT = 'default';
const ROOT = join(import.meta.dirname, '../..');

/** A Millrace system's worker process, and runs of the bench's pipelines on it. */
export async function startMillrace(home: string, address: string, client: Client) {
  const stores = await openStores({ home, project: PROJECT });
  const env = { MILLRACE_HOME: home, MILLRACE_PROJECT: PROJECT, TEMPORAL_ADDRESS: address };
  const workers = await startNode([join(ROOT, 'dist/workers/main.js')], env);
  let runs = 0;

  /** Registers a pipeline as the API would; a run of it is timed from its workflow's start to its result. */
  async function side(name: string, pipeline: string, params: JsonObject = {}): Promise<Side> {
    const { compiled, blobs } = await compileFile(join(import.meta.dirname, 'pipelines.ts'), { exportName: pipeline });
    for (const bytes of blobs.values()) await stores.artifacts.putBlob(bytes);
    const digest = await stores.artifacts.putBlob(Buffer.from(JSON.stringify(compiled)));
    const added = await stores.metadata.pipelines.add({
      pipeline: compiled.ir.name,
      irDigest: compiled.irDigest,
      compiledDigest: digest,
      submittedBy: 'bench',
    });
    return {
      name,
      prepare: async () => {
        const round = ++runs;
        const id = `bench-${round}`;
        const request: RunRequest = {
          ...{
            project: PROJECT,
            runId: id,
            pipeline: compiled.ir.name,
            compiledDigest: digest,
            params: { ...params, round },
          },
          ...{ logicalTime: null, partition: null, retryOf: null, rerunFrom: [] },
        };
        const workflowId = runWorkflowId(PROJECT, id);
        const { runId: _, project: __, ...rest } = request;
        await stores.metadata.runs.create({
          ...rest,
          ...{
            id,
            pipelineVersion: added.version,
            name: null,
            driver: 'temporal',
            workflowId,
            submittedBy: 'bench',
            schedule: null,
          },
        });
        return async () => {
          const options = { workflowId, taskQueue: CONTROL_QUEUE, args: [request] };
          const outcome: RunOutcome = await client.workflow.execute(RUN_WORKFLOW, options);
          if (outcome.status !== 'succeeded') throw new Error(`${id}: ${outcome.error}`);
          return outcome.output satisfies JsonValue;
        };
      },
    };
  }

  const stop = async () => {
    await workers.stop();
    await stores.close();
  };
  /** The id of the run that was prepared last. */
  const lastRun = () => `bench-${runs}`;
  return { side, lastRun, pid: workers.pid, stop };
}
