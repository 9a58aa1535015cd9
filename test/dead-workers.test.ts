import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { builtFile } from '../cli/testing/built-files.suite.ts';
import { WORKER_LOST } from '../ir/protocol/task-failure.ts';
import { PART_WORKFLOW, partWorkflowId, RUN_WORKFLOW, runWorkflowId } from '../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../ir/step-contract.ts';
import { identifySelf, type PlacedProcess } from '../platform/process-identity.ts';
import { temporalSettings } from '../platform/temporal-settings.ts';
import { connectTemporal } from '../server/temporal/connect-temporal.ts';
import { newRun } from '../store/metadata/run-table.suite.ts';
import { openStores, type Stores } from '../store/open-stores.ts';
import { missDeadWorkers } from '../workers/temporal/miss-dead-workers.ts';
import { commandEnv } from './support/command-line.ts';

const { CommandType, EventType, TaskQueueKind } = proto.temporal.api.enums.v1;
const namespace = 'default';
/** Queues that this test alone serves. */
const QUEUE = `dead-workers-${process.pid}`;
const HOUR = { seconds: 3_600 as never };

let folder = '';
let stores: Stores;
let client: Connection;
let connection: NativeConnection;
let self: PlacedProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-dead-workers-'));
  stores = await openStores({ home: folder, project: QUEUE });
  const address = inject('temporalAddress');
  client = await Connection.connect({ address });
  connection = await NativeConnection.connect({ address });
  self = await identifySelf();
});
afterAll(async () => {
  await client?.close();
  await connection?.close();
  await stores?.close();
  await rm(folder, { recursive: true, force: true });
});

const queueOf = (workflowId: string) => ({ name: `${QUEUE}/${workflowId}` });

const cacheOf = (workflowId: string) => ({
  ...{ name: `${QUEUE}/${workflowId} of dead`, normalName: queueOf(workflowId).name },
  kind: TaskQueueKind.TASK_QUEUE_KIND_STICKY,
});

async function start(workflowId: string): Promise<void> {
  const workflow = { workflowId, workflowType: { name: RUN_WORKFLOW }, taskQueue: queueOf(workflowId) };
  await client.workflowService.startWorkflowExecution({ namespace, ...workflow, requestId: workflowId });
}

const polled = <T>(poll: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + 30_000, poll);

/** Has a workflow that was started order activities, and start a part; each of the workers takes one of the activities. */
async function order(workflowId: string, workers: readonly string[], part: string | null = null): Promise<void> {
  const service = client.workflowService;
  const taskQueue = queueOf(workflowId);
  const { taskToken } = await polled(() => service.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'test' }));
  const activities = workers.map((_, index) => ({
    commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
    scheduleActivityTaskCommandAttributes: {
      ...{ activityId: String(index), activityType: { name: 'train' }, taskQueue },
      // Nobody has to be heard of for an hour.
      ...{ startToCloseTimeout: HOUR, scheduleToStartTimeout: HOUR, heartbeatTimeout: HOUR },
      retryPolicy: { maximumAttempts: 1 },
    },
  }));
  const parts = (part === null ? [] : [part]).map((id) => ({
    commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
    startChildWorkflowExecutionCommandAttributes: {
      ...{ namespace, workflowId: id, workflowType: { name: PART_WORKFLOW }, taskQueue: queueOf(id) },
    },
  }));
  // For an hour, only the worker that has it in its cache is to go on with the workflow.
  const stickyAttributes = { workerTaskQueue: cacheOf(workflowId), scheduleToStartTimeout: HOUR };
  const commands = [...activities, ...parts];
  await service.respondWorkflowTaskCompleted({ namespace, taskToken, commands, stickyAttributes });
  for (const identity of workers) {
    await polled(() => service.pollActivityTaskQueue({ namespace, taskQueue, identity }));
  }
}

/** Temporal sends nothing to a worker that has not been heard of. */
async function haveAskedFor(taskQueue: ReturnType<typeof cacheOf>): Promise<void> {
  const poll = () => client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'dead' });
  await client.withDeadline(Date.now() + 4_000, poll).catch(() => undefined);
}

async function announce(id: string, process: PlacedProcess): Promise<void> {
  const capacity = { memory: 1, cpu: 1, gpu: 0 };
  const row = { id, queues: [CONTROL_QUEUE, 'cpu'], host: 'here', pid: process.pid, capacity, externals: {} };
  // Its lease may have run out.
  const leaseUntil = Date.now() - 60_000;
  await stores.metadata.workers.heartbeat({ ...row, details: { process }, startedAt: 1, leaseUntil });
}

async function startTask(runId: string, worker: string, path = 'train'): Promise<void> {
  await stores.metadata.runs.create(newRun(runId)).catch(() => undefined);
  const attempt = { runId, path, attempt: 1, worker, queue: 'cpu', startedAt: 1 };
  await stores.metadata.tasks.startAttempt(attempt);
}

/** With the number of a process that lives. */
const numberAgain = (): PlacedProcess => ({ ...self, startedAt: 'long ago' });

async function diedProcess(): Promise<PlacedProcess> {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await once(child, 'exit');
  return { ...self, pid };
}

/** Of whom each activity that goes on is, and how the others ended. */
async function stateOf(workflowId: string) {
  const execution = { workflowId };
  const { pendingActivities } = await client.workflowService.describeWorkflowExecution({ namespace, execution });
  const { history } = await client.workflowService.getWorkflowExecutionHistory({ namespace, execution });
  const failed = (history?.events ?? []).filter(
    ({ eventType }) => eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
  );
  return {
    goesOn: (pendingActivities ?? []).map(({ lastWorkerIdentity }) => lastWorkerIdentity).sort(),
    failed: failed.map((event) => event.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type),
  };
}

it('a worker that starts tells Temporal of what died with others on its machine, and of nothing else', async () => {
  await announce('dead', await diedProcess());
  await announce('number again', numberAgain());
  await announce('alive', self);
  await announce('elsewhere', { ...(await diedProcess()), host: 'another machine' });
  await startTask('run', 'dead');
  await startTask('run', 'number again', 'other');
  await startTask('other', 'alive');
  await startTask('gone', 'dead');
  const [run, other] = [runWorkflowId(QUEUE, 'run'), runWorkflowId(QUEUE, 'other')];
  const part = partWorkflowId(QUEUE, 'run', 'items');
  await start(run);
  await order(run, ['dead', 'number again', 'alive', 'elsewhere'], part);
  await order(part, ['dead']);
  await start(other);
  await order(other, ['alive']);
  await missDeadWorkers({ connection, namespace, stores, project: QUEUE });
  expect(await stateOf(run)).toEqual({ goesOn: ['alive', 'elsewhere'], failed: [WORKER_LOST, WORKER_LOST] });
  expect(await stateOf(part)).toEqual({ goesOn: [], failed: [WORKER_LOST] });
  expect(await stateOf(other)).toEqual({ goesOn: ['alive'], failed: [] });
  expect((await stores.metadata.workers.all()).map(({ id }) => id)).toEqual(['alive', 'elsewhere']);
});

it('another worker goes on at once with a run that a dead one had in its cache', async () => {
  await announce('dead', await diedProcess());
  await startTask('cached', 'dead');
  const cached = runWorkflowId(QUEUE, 'cached');
  await start(cached);
  await order(cached, ['dead']);
  await haveAskedFor(cacheOf(cached));
  await missDeadWorkers({ connection, namespace, stores, project: QUEUE });
  const ask = { namespace, taskQueue: queueOf(cached), identity: 'another' };
  const taken = await polled(() => client.workflowService.pollWorkflowTaskQueue(ask));
  expect(taken.workflowExecution?.workflowId).toBe(cached);
});

it('a server that is not the one that the home started is taken by neither worker nor API', async () => {
  const address = inject('temporalAddress');
  const env = { TEMPORAL_ADDRESS: address, MILLRACE_TEMPORAL_MARK: 'home-of-another' };
  const settings = temporalSettings(env) ?? expect.fail();
  const api = connectTemporal(settings, stores.payloads);
  await expect(api.describe('default/run/any')).rejects.toThrow(
    `Temporal at ${address} is not up yet, or is another home's`,
  );
  await api.close();
  const worker = spawn(process.execPath, [builtFile('workers/main.js')], {
    env: { ...commandEnv(), ...env, MILLRACE_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said] = (await once(worker.stderr, 'data')) as [Buffer];
  worker.kill('SIGKILL');
  expect(String(said)).toContain(`Temporal at ${address} is not up yet, or is another home's. It is waited for`);
});
