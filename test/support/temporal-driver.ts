import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CancelledFailure, Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { inject } from 'vitest';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { type Digest, digestOfBytes, digestOfJson } from '../../ir/digest.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import { ORDER_SIGNAL, type Pause, type RunOrder } from '../../ir/protocol/run-order.ts';
import type { RunOutcome, RunRequest } from '../../ir/protocol/run-request.ts';
import type { TaskAddress } from '../../ir/protocol/task-dispatch.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import type { Transition } from '../../ir/protocol/transition.ts';
import { DECIDE_UPDATE, RUN_WORKFLOW } from '../../ir/protocol/workflow-names.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { TemporalSettings } from '../../platform/temporal-settings.ts';
import { ArtifactError } from '../../store/artifacts/artifact-store.ts';
import { dataConverter } from '../../store/payloads/data-converter.ts';
import { openFolderPayloads } from '../../store/payloads/folder-payloads.ts';
import type { PayloadStore } from '../../store/payloads/payload-store.ts';
import { LONG_ACTIVATIONS } from '../../workers/temporal/queue-workers.ts';
import type { InterpreterDriver, RunOptions } from '../../workflows/interpreter-driver.suite.ts';
import type { RolloutPort } from '../../workflows/rollout-port.ts';
import { RolloutWorld } from '../../workflows/rollout-world.suite.ts';
import { applicationFailureOf } from '../../workflows/temporal/application-failure.ts';
import type { RunClosing } from '../../workflows/temporal/control-activities.ts';
import { showHistory } from './recorded-history.ts';
import { callHandler } from './test-handlers.ts';
import { TestPools } from './test-pools.ts';
import { until } from './until.ts';

/** A run as the activities of the test's workers see it. */
interface LiveRun {
  readonly compiled: CompiledPipeline;
  readonly options: RunOptions;
  readonly pools: TestPools;
  readonly transitions: Transition[];
  /** Path and sequence of each. */
  readonly recorded: Set<string>;
  readonly told: Set<string>;
  handle: WorkflowHandle | null;
  cancelling: Promise<unknown> | null;
  holding: Promise<unknown> | null;
  /** Whether the store was told last that the run is paused. */
  isPaused: boolean;
  outcome: RunOutcome | null;
}

export interface TemporalDriver extends InterpreterDriver {
  /** Where what is large lies. */
  readonly payloads: PayloadStore;
  /** The workflow of the run that was started last. */
  lastRun(): Promise<WorkflowHandle>;
  /** The history of a workflow, in Temporal's JSON. */
  history(workflowId: string): Promise<string>;
}

export interface TemporalDriverOptions {
  /** Without a cache, every step of a workflow replays all that went before. */
  readonly cached?: boolean;
  /** Paths of tasks whose look-up is put off once. */
  readonly putOff?: readonly string[];
  /** Holds up what is looked up together with a task, by its path. */
  readonly lookUpHeld?: (path: string) => Promise<void>;
  /** How long a workflow task may take. */
  readonly workflowTaskTimeout?: '1s';
  /** Whether a payload is lost as soon as it is stored. */
  readonly loses?: (content: string) => boolean;
  /** What rollouts change. */
  readonly world?: RolloutWorld;
}

let count = 0;

/** The interpreter as a workflow on a real Temporal server; only what is behind its activities is the test's. */
export async function temporalDriver(options: TemporalDriverOptions = {}): Promise<TemporalDriver> {
  const address = inject('temporalAddress');
  const runs = new Map<string, LiveRun>();
  const connection = await NativeConnection.connect({ address });
  const clientConnection = await Connection.connect({ address });
  const namespace = await ownNamespace(clientConnection);
  const root = await mkdtemp(join(tmpdir(), 'millrace-payloads-'));
  const payloads = losing(await openFolderPayloads({ root, project: 'default' }), options.loses);
  const converter = dataConverter(payloads);
  const client = new Client({ connection: clientConnection, namespace, dataConverter: converter });
  const place = { connection, namespace, dataConverter: converter };
  const workers = await Promise.all([controlWorker(place, runs, options), taskWorker(place, runs)]);
  const running = workers.map((worker) => worker.run());
  return {
    payloads,
    run: (compiled, run) => runOne(client, runs, compiled, run, options),
    lastRun: () => until('a run has started', () => [...runs.values()].at(-1)?.handle),
    history: (workflowId) => showHistory(namespace, workflowId),
    close: async () => {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
      await clientConnection.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function losing(payloads: PayloadStore, loses: (content: string) => boolean = () => false): PayloadStore {
  const lost = new Set<Digest>();
  return {
    put: async (bytes) => {
      if (!loses(Buffer.from(bytes).toString())) return payloads.put(bytes);
      const digest = digestOfBytes(bytes);
      lost.add(digest);
      return digest;
    },
    // No message of the folder's, which would name a place on this machine in a history that is kept.
    get: (digest) =>
      lost.has(digest)
        ? Promise.reject(new ArtifactError('missing', `Payload ${digest} is lost.`))
        : payloads.get(digest),
  };
}

/** The tests' server, as the settings of a process would name it. */
export function testTemporal(namespace: string): TemporalSettings {
  const address = inject('temporalAddress');
  return { address, namespace, mark: null, connection: { address } };
}

/** Queues have the same names in every test file, and files run side by side: a worker must not get another's runs. */
export async function ownNamespace({ workflowService }: Connection): Promise<string> {
  const namespace = `test-${process.pid}-${++count}`;
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
  await until('the namespace is known', async () => {
    const listing = workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
    return listing.then(() => true as const).catch(() => undefined);
  });
  return namespace;
}

const NOT_ASKED = { cancelling: null, holding: null, isPaused: false } as const;

async function runOne(
  client: Client,
  runs: Map<string, LiveRun>,
  compiled: CompiledPipeline,
  options: RunOptions,
  { workflowTaskTimeout }: TemporalDriverOptions,
) {
  const runId = `run-${process.pid}-${++count}`;
  const live: LiveRun = {
    ...{ compiled, options, transitions: [], recorded: new Set(), told: new Set(), handle: null },
    ...NOT_ASKED,
    pools: new TestPools(options.pools),
    outcome: null,
  };
  runs.set(runId, live);
  const request: RunRequest = {
    project: 'default',
    runId,
    pipeline: compiled.ir.name,
    compiledDigest: compiled.irDigest,
    params: options.params ?? {},
    logicalTime: null,
    partition: null,
    retryOf: null,
    rerunFrom: [],
  };
  live.handle = await client.workflow.start(RUN_WORKFLOW, {
    workflowId: runId,
    taskQueue: CONTROL_QUEUE,
    ...(workflowTaskTimeout && { workflowTaskTimeout }),
    args: [request],
  });
  for (const [path, decision] of Object.entries(options.decisions ?? {})) await decide(live, path, decision);
  await live.handle.result();
  if (!live.outcome) throw new Error(`Run ${runId} ended without being closed.`);
  return { outcome: live.outcome, transitions: live.transitions };
}

/** Answers an approval as soon as it is open. */
async function decide(live: LiveRun, path: string, decision: { approved: boolean; by: string; form: JsonValue }) {
  for (let tries = 0; tries < 40; tries++) {
    try {
      await live.handle?.executeUpdate(DECIDE_UPDATE, { args: [{ path, ...decision, roles: [] }] });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error(`Approval '${path}' never took a decision.`);
}

type Place = Required<Pick<WorkerOptions, 'connection' | 'namespace' | 'dataConverter'>>;

function controlWorker(place: Place, runs: ReadonlyMap<string, LiveRun>, options: TemporalDriverOptions) {
  const { cached = true, world = new RolloutWorld() } = options;
  const putOff = new Set(options.putOff);
  const live = (runId: string) => runs.get(runId) as LiveRun;
  return Worker.create({
    ...LONG_ACTIVATIONS,
    ...place,
    taskQueue: CONTROL_QUEUE,
    ...(cached ? {} : { maxCachedWorkflows: 0 }),
    debugMode: inject('coverage'),
    workflowBundle: { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname },
    activities: {
      openRun: async ({ runId }: RunRequest) => {
        const { compiled, options } = live(runId);
        return { kind: 'opened', compiled, registered: options.registered ?? {} };
      },
      compiledPipeline: async (digest: string) =>
        [...runs.values()].find(({ compiled }) => compiled.irDigest === digest)?.compiled,
      answerRequests: async (requests: readonly ControlRequest[]) => {
        for (const request of requests) {
          if (request.kind === 'lookUp') await options.lookUpHeld?.(request.order.task.path);
        }
        return Promise.all(requests.map((request) => answer(request, live(taskOf(request).runId), putOff)));
      },
      recordTransitions: async (_project: string, runId: string, transitions: readonly Transition[]) => {
        keep(live(runId), transitions);
      },
      recordPause: async (_project: string, runId: string, pause: Pause | null) => {
        live(runId).isPaused = pause !== null;
      },
      closeRun: async ({ runId, transitions, outcome }: RunClosing) => {
        keep(live(runId), transitions);
        live(runId).outcome = outcome;
        return [];
      },
      ...rolloutsIn(world),
    },
  });
}

function rolloutsIn(world: RolloutWorld): Omit<RolloutPort, 'sleep' | 'now'> {
  return {
    standing: () => world.standing(),
    addVersion: (request) => world.addVersion(request),
    endpoint: () => world.endpoint(),
    setTraffic: (request) => world.setTraffic(request),
    replicasApplied: () => world.replicasApplied(),
    moveAlias: (request) => world.moveAlias(request),
  };
}

function taskOf(request: ControlRequest): TaskAddress {
  return 'order' in request ? request.order.task : request.task;
}

async function answer(
  request: ControlRequest,
  { options, pools, told }: LiveRun,
  putOff: Set<string>,
): Promise<ControlAnswer> {
  if (request.kind === 'takeSlots') {
    return { kind: 'slots', answer: pools.take(request.task, request.demands, request.workflowId) };
  }
  if (request.kind === 'notify') {
    try {
      // A workflow task that failed asks again, and the store keeps a task's message once.
      if (!told.has(request.task.path)) options.onMessage?.(request);
      told.add(request.task.path);
      return { kind: 'notified' };
    } catch (error) {
      return failedAnswer(error);
    }
  }
  if (request.kind === 'giveBackSlots') return { kind: 'slotsGivenBack', next: pools.giveBack(request.task) };
  if (putOff.delete(request.order.task.path)) return { kind: 'later' };
  if (request.kind === 'digest') return { kind: 'digest', digest: digestOfJson(request.order.input) };
  if (request.kind === 'lookUp') {
    return {
      kind: 'lookUp',
      lookup: { key: null, reason: 'noEntry', detail: '', output: null, hit: false, origin: null },
    };
  }
  try {
    const call = { attempt: request.order.attempt, signal: new AbortController().signal };
    return { kind: 'light', output: await callHandler(options, request.order.step, request.order.input, call) };
  } catch (error) {
    return failedAnswer(error);
  }
}

function failedAnswer(error: unknown): ControlAnswer {
  if (error instanceof TaskFailed) return { kind: 'failed', failure: error.failure };
  throw error;
}

function keep(live: LiveRun, transitions: readonly Transition[]): void {
  for (const transition of transitions) {
    const key = `${transition.path} ${transition.sequence}`;
    if (live.recorded.has(key)) continue;
    live.recorded.add(key);
    live.transitions.push(transition);
  }
}

function taskWorker(place: Place, runs: ReadonlyMap<string, LiveRun>): Promise<Worker> {
  return Worker.create({
    ...place,
    taskQueue: 'cpu',
    maxHeartbeatThrottleInterval: '50ms',
    defaultHeartbeatThrottleInterval: '50ms',
    activities: { default: (order: TaskOrder) => runHandler(order, runs) },
  });
}

async function runHandler(order: TaskOrder, runs: ReadonlyMap<string, LiveRun>): Promise<JsonValue> {
  const live = runs.get(order.task.runId) as LiveRun;
  const context = Context.current();
  const { cancellationSignal: signal } = context;
  const heart = setInterval(() => context.heartbeat(), 50);
  try {
    const { attempt, replica } = order;
    const running = callHandler(live.options, order.step, order.input, { attempt, signal, rank: replica?.rank });
    // It may fail before what is asked for meanwhile has been done.
    running.catch(() => undefined);
    if (live.options.cancelOn === order.step) {
      live.cancelling ??= live.handle?.cancel() ?? null;
      await live.cancelling;
    }
    if (live.options.stopHardOn === order.step) await send(live, { kind: 'cancel', graceMs: 0 });
    if (live.options.pauseOn?.step === order.step) {
      live.holding ??= hold(live, live.options.pauseOn);
      await live.holding;
    }
    return await running;
  } catch (error) {
    if (error instanceof TaskFailed && error.failure.kind === 'cancelled') throw new CancelledFailure(error.message);
    throw error instanceof TaskFailed ? applicationFailureOf(error.failure) : error;
  } finally {
    clearInterval(heart);
  }
}

function send({ handle }: LiveRun, order: RunOrder): Promise<unknown> {
  return handle?.signal(ORDER_SIGNAL, order) ?? Promise.reject(new Error('The run has not started.'));
}

/** Resolves when the run is paused; that it goes on comes later. */
async function hold(live: LiveRun, { meanwhile }: NonNullable<RunOptions['pauseOn']>): Promise<void> {
  await send(live, { kind: 'pause', by: 'ada', note: null });
  await until('the run is paused', () => live.isPaused);
  void meanwhile(() => live.transitions).then(() => send(live, { kind: 'unpause' }));
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
