import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { artifactsIn } from '../../ir/artifact.ts';
import { digestOfJson } from '../../ir/digest.ts';
import type { JsonValue } from '../../ir/json.ts';
import type { Gang } from '../../ir/protocol/gang.ts';
import type { ArtifactStore } from '../../store/artifacts/artifact-store.ts';
import type { Place } from './admission-gate.ts';
import { attemptKeyOf } from './attempt-key.ts';
import { type AttemptLog, createAttemptLog } from './attempt-log.ts';
import { type AttemptServices, createAttemptServices, refuseSecrets } from './attempt-services.ts';
import { childEnv } from './child-env.ts';
import { HandlerFailed, KnownFailure } from './error-report.ts';
import type { HandlerJob } from './handler-protocol.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { HostParts } from './host-parts.ts';
import { byInputNames } from './input-names.ts';
import { isStored } from './is-stored.ts';
import { isLight } from './light-turn.ts';
import type { Masker } from './masker.ts';
import { type RunningJob, startInChild } from './running-job.ts';
import { inSources } from './source-places.ts';
import type { StepCode } from './step-code.ts';
import { type Limits, supervise } from './supervise.ts';
import type { AttemptRequest } from './task-host.ts';

/** What an attempt has got by the time its handler can start. */
export interface Admitted {
  readonly place: Place;
  readonly code: StepCode;
  readonly secrets: Readonly<Record<string, string>>;
  readonly masker: Masker;
  readonly heartbeat: Heartbeat;
  readonly gang: Gang | undefined;
}

/** Runs the handler of an admitted attempt, isolated as its settings say, and checks what it gives. */
export async function runHandler(host: HostParts, request: AttemptRequest, admitted: Admitted): Promise<JsonValue> {
  const { artifacts, metadata } = host.settings;
  const { place, code, masker, heartbeat, gang } = admitted;
  const key = attemptKeyOf(request);
  const lastCheckpoint = key.attempt > 1 ? await newestCheckpoint(host, request) : undefined;
  const scratch = artifacts.scratch();
  const log = createAttemptLog(masker, (chunk, lines) => metadata.tasks.appendLog({ ...key, chunk, lines }));
  const services = createAttemptServices({ artifacts, tasks: metadata.tasks, key, scratch, log, masker });
  heartbeat.running(services.progress);
  try {
    const job = jobOf(request, code, { scratch, secrets: admitted.secrets, lastCheckpoint, gang });
    const running = start(host, request, place, { code, job, services, log });
    const output = await supervise(running, limitsOf(host, request)).finally(() => {
      // A turn is for a handler: the next need not wait for what is written of this one.
      if (isLight(request)) place.leave();
    });
    const text = JSON.stringify(output);
    refuseSecrets(masker, text, 'The output');
    refuseBig(text, request);
    await checkArtifacts(host, request, output);
    return output;
  } catch (thrown) {
    const error = await located(thrown, request, artifacts, services.read);
    log.line('error', errorText(error));
    throw error;
  } finally {
    await services.close();
    await log.close();
    if (existsSync(scratch)) await rm(scratch, { recursive: true, force: true });
  }
}

/** Replicas all go on from what rank 0 has saved, at the task's own path. */
function newestCheckpoint({ settings }: HostParts, { dispatch }: AttemptRequest): Promise<JsonValue | undefined> {
  return settings.metadata.tasks.checkpoint(dispatch.task.runId, dispatch.task.path);
}

/** What a handler threw, told in the words of who wrote it: its inputs' names, its own files and lines. */
async function located(
  thrown: unknown,
  { dispatch }: AttemptRequest,
  artifacts: ArtifactStore,
  read: AttemptServices['read'],
): Promise<unknown> {
  if (!(thrown instanceof HandlerFailed)) return thrown;
  const { code, input } = dispatch;
  const report = { ...thrown.report, message: byInputNames(thrown.report.message, input, read) };
  return new HandlerFailed(code.kind === 'package' ? await inSources(report, code.sourceMap, artifacts) : report);
}

/** For the log: where in the handler's code it was thrown, too. */
function errorText(error: unknown): string {
  if (error instanceof HandlerFailed && error.report.stack !== null) return error.report.stack;
  return error instanceof Error ? error.message : String(error);
}

function jobOf(
  { dispatch, attempt }: AttemptRequest,
  code: StepCode,
  own: Pick<HandlerJob, 'scratch' | 'secrets' | 'lastCheckpoint' | 'gang'>,
): HandlerJob {
  const { contract, input, reads, task } = dispatch;
  return { source: code.source, step: contract.name, input, path: task.path, attempt, run: reads, ...own };
}

interface Work {
  readonly code: StepCode;
  readonly job: HandlerJob;
  readonly services: AttemptServices;
  readonly log: AttemptLog;
}

/** A light task that does not heed its signal must not hold up those that the run asked for with it. */
const LIGHT_PATIENCE = { graceMs: 50, killedMs: 250 };
const KILLED_MS = 5_000;
/** Bytes of the thread's heap: choosing and adding up needs no more. Buffers lie outside it, and nothing bounds them. */
const LIGHT_MEMORY = 256 * 2 ** 20;

const NOT_LIGHT =
  "Take `cost: 'light'` out of the step's contract: that is for what takes milliseconds and gives little.";

function limitsOf({ settings }: HostParts, request: AttemptRequest): Limits {
  const { timeoutMs } = request.dispatch.settings;
  const { signal } = request;
  if (isLight(request)) return { timeoutMs, timeoutCure: NOT_LIGHT, ...LIGHT_PATIENCE, signal };
  const timeoutCure = "Raise the step's timeout, or make it report checkpoints and do less at once.";
  return { timeoutMs, timeoutCure, graceMs: settings.graceMs, killedMs: KILLED_MS, signal };
}

function start(host: HostParts, request: AttemptRequest, place: Place, work: Work): RunningJob {
  const { settings } = request.dispatch;
  const isCommand = work.job.source.kind === 'command';
  const isolation = isCommand ? 'process' : settings.isolation;
  // Workers with devices share them out; on others a handler finds for itself what there is.
  const devices = host.settings.capacity.gpu > 0 ? place.devices : null;
  const env = childEnv(host.basics, settings.env, devices, work.job.gang);
  const memory = isLight(request) ? LIGHT_MEMORY : settings.resources.memory;
  const secrets = digestOfJson(work.job.secrets);
  const spec = { isolation, entry: host.files.entry, env, code: work.code.key, memory, secrets };
  return startInChild(host.pool, spec, work.job, work.services, work.log);
}

/** The run holds every output in memory while it goes on, and all of them are in its store's rows. */
const MAX_OUTPUT_BYTES = 1 << 20;
/** Outputs of 200 light tasks go together, in one answer to the workflow (workers/control/answer-requests.ts). */
const MAX_LIGHT_OUTPUT_BYTES = 7_000;

function refuseBig(text: string, request: AttemptRequest): void {
  const { path } = request.dispatch.task;
  const size = Buffer.byteLength(text);
  const [title, most, cure] = isLight(request)
    ? [`light task '${path}'`, MAX_LIGHT_OUTPUT_BYTES, NOT_LIGHT]
    : [`task '${path}'`, MAX_OUTPUT_BYTES, 'Write data as an artifact (task.write) and return its reference.'];
  if (size <= most) return;
  const message = `The output of ${title} is ${size} bytes of JSON; ${most} are allowed. ${cure}`;
  throw new KnownFailure('contract', 'OutputTooBig', message, false);
}

/** A reference to what is not in the store would fail some later task, far from its cause. */
async function checkArtifacts(host: HostParts, { dispatch }: AttemptRequest, output: JsonValue): Promise<void> {
  const known = new Set(artifactsIn(dispatch.input).map((ref) => ref.digest));
  for (const ref of artifactsIn(output)) {
    if (known.has(ref.digest) || (await isStored(ref, host.settings.artifacts))) continue;
    const message = `The output of task '${dispatch.task.path}' names a ${ref.artifact} ${ref.digest} that is not in the store. Make artifacts with task.write and return what it gives.`;
    throw new KnownFailure('contract', 'UnknownArtifact', message, false);
  }
}
