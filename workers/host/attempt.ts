import type { JsonValue } from '../../ir/json.ts';
import { TaskFailed, WORKER_SHUT_DOWN } from '../../ir/protocol/task-failure.ts';
import type { Place } from './admission-gate.ts';
import { attemptKeyOf } from './attempt-key.ts';
import { replacedFailure } from './attempt-services.ts';
import { enterWithin } from './enter-within.ts';
import { gather, NotGathered } from './gather.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import type { HostParts } from './host-parts.ts';
import { keepResult } from './keep-result.ts';
import { enterInTurn, isLight, NoTurn } from './light-turn.ts';
import { type Masker, maskerOf } from './masker.ts';
import { runHandler } from './run-handler.ts';
import { secretsOfTask } from './secrets.ts';
import { notBegun } from './shut-down.ts';
import { stepCode } from './step-code.ts';
import { cancelledFailure } from './supervise.ts';
import { taskFailure } from './task-failures.ts';
import type { AttemptRequest } from './task-host.ts';

/** One attempt from the gate to its last row in the store; of replicas that did not gather none is left. @throws TaskFailed; NoTurn. */
export async function runAttempt(host: HostParts, request: AttemptRequest): Promise<JsonValue> {
  const heartbeat = startHeartbeat(request.onProgress);
  const state: AttemptState = { beganAt: null, start: null, place: null, masker: maskerOf({}) };
  try {
    const output = await succeed(host, request, heartbeat, state);
    // Of replicas, others may work for hours yet.
    state.place?.leave();
    await keepResult(host.settings, request, output);
    return output;
  } catch (error) {
    if (error instanceof NoTurn) throw error;
    if (error instanceof NotGathered) throw new TaskFailed(error.failure);
    throw await fail(host, request, state, error);
  } finally {
    state.place?.leave();
    heartbeat.end();
  }
}

/** How far an attempt has come, for whoever has to clear up after it. */
interface AttemptState {
  /** Since when its handler may have run; null before. */
  beganAt: number | null;
  /** The writing of its first row. */
  start: Promise<void> | null;
  place: Place | null;
  masker: Masker;
}

async function succeed(host: HostParts, request: AttemptRequest, heartbeat: Heartbeat, state: AttemptState) {
  const { settings } = host;
  const { dispatch } = request;
  // A turn is short, and not spent on code that is on its way.
  const early = isLight(request) ? await stepCode(dispatch, host) : null;
  state.place = isLight(request) ? await enterInTurn(host, request) : await enterWithin(host.gate, request);
  const gang = await gather(settings, request);
  await begin(host, request, state);
  const secrets = await secretsOfTask(dispatch.settings.secrets, settings.secrets, settings.workerId);
  state.masker = maskerOf(secrets);
  const { place, masker } = state;
  const code = early ?? (await stepCode(dispatch, host));
  const output = await runHandler(host, request, { place, code, secrets, masker, heartbeat, gang });
  state.start ??= startLate(host, request, state);
  const end = { status: 'succeeded', at: Date.now(), failure: null } as const;
  const [, isTaken] = await Promise.all([state.start, settings.metadata.tasks.endAttempt(attemptKeyOf(request), end)]);
  if (isTaken) return output;
  throw replacedFailure(attemptKeyOf(request));
}

/** What is not written here goes to the disk together with the end: of a light task that is one flush in place of two. */
async function begin(host: HostParts, request: AttemptRequest, state: AttemptState): Promise<void> {
  state.beganAt = Date.now();
  if (isLight(request) && request.attempt === 1) return;
  const start = startAttempt(host, request, state.beganAt);
  state.start = start;
  // An earlier attempt is fenced off before this one does anything.
  if (request.attempt > 1) return start;
  // A first one has none before it: its handler runs while the row is on its way, or while the disk is full.
  start.catch(() => {
    state.start = null;
  });
}

/** Another delivery may have begun since, or ended: what this one says then is not taken. */
function startLate(host: HostParts, request: AttemptRequest, { beganAt }: AttemptState): Promise<void> {
  return startAttempt(host, request, beganAt ?? Date.now(), true);
}

function startAttempt({ settings }: HostParts, request: AttemptRequest, startedAt: number, late = false) {
  const { workerId: worker, metadata } = settings;
  const { queue } = request.dispatch.settings.resources;
  return metadata.tasks.startAttempt({ ...attemptKeyOf(request), worker, queue, startedAt, late });
}

async function fail(host: HostParts, request: AttemptRequest, state: AttemptState, error: unknown) {
  const { dispatch, signal } = request;
  const stopped = error === signal.reason && signal.aborted ? cancelledFailure(signal) : error;
  const isShutDown = stopped instanceof TaskFailed && stopped.failure.name === WORKER_SHUT_DOWN;
  const cause = isShutDown && state.beganAt === null ? notBegun(host.settings.workerId) : stopped;
  const failure = taskFailure(cause, dispatch.settings.retry.nonRetryable, state.masker);
  // Replicas give way and come again: what never began is no attempt.
  if (dispatch.replica !== undefined && state.beganAt === null && signal.aborted) return new TaskFailed(failure);
  const status = failure.kind === 'cancelled' ? 'cancelled' : 'failed';
  try {
    await (state.start ?? startLate(host, request, state));
    await host.settings.metadata.tasks.endAttempt(attemptKeyOf(request), { status, at: Date.now(), failure });
  } catch {
    // The store is away: what Temporal is told goes on to say how the task failed, which matters more.
  }
  return new TaskFailed(failure);
}
