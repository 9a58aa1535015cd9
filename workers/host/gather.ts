import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gang, Peer } from '../../ir/protocol/gang.ts';
import {
  ATTEMPT_REPLACED,
  NOT_GATHERED,
  TaskFailed,
  type TaskFailure,
  WORKER_SHUT_DOWN,
} from '../../ir/protocol/task-failure.ts';
import { freePort } from '../../platform/free-port.ts';
import { isLoopback } from '../../platform/loopback.ts';
import type { GangAddress, GangMember, GangState } from '../../store/metadata/gang-table.ts';
import { replacedFailure } from './attempt-services.ts';
import { KnownFailure } from './error-report.ts';
import { notBegun } from './shut-down.ts';
import type { AttemptRequest } from './task-host.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

/** A replica whose others did not all come: nothing of it has run, and no attempt is left of it. */
export class NotGathered extends Error {
  override readonly name = 'NotGathered';
  readonly failure: TaskFailure;

  constructor(failure: TaskFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Three looks missed, and a member counts as gone. */
const LEASE_MS = 15_000;
const FIRST_LOOK_MS = 100;
const LONGEST_LOOK_MS = 2_000;
/** How long places are kept from a gang that goes before. Long enough for workers that are just starting up. */
const BEHIND_MS = 5_000;
/** How long the first in line keeps its places from whatever else could use them. */
const ALONE_MS = 10 * 60_000;

/**
 * Waits, its place on this worker taken, until all replicas of the attempt have theirs, and tells each where the others are.
 *
 * @returns undefined for a task without replicas.
 * @throws NotGathered when they did not come in time, or the task was stopped meanwhile.
 */
export async function gather(settings: TaskHostSettings, request: AttemptRequest): Promise<Gang | undefined> {
  const { replica } = request.dispatch;
  const size = request.dispatch.settings.resources.replicas;
  if (replica === undefined || size === undefined) return undefined;
  const { rank } = replica;
  const waiting = { settings, request, rank, size, port: null };
  await untilState(waiting, (state) => state.kind === 'gathered');
  // Now, for a port that nobody listens on is soon somebody else's.
  const port = await freePort();
  const replicas = await untilState({ ...waiting, port }, allHavePorts);
  refuseUnreachable(replicas, request);
  return { rank, size, peers: replicas.flatMap(peerOf) };
}

interface Waiting {
  readonly settings: TaskHostSettings;
  readonly request: AttemptRequest;
  readonly rank: number;
  readonly size: number;
  readonly port: number | null;
}

function allHavePorts(state: GangState): boolean {
  return state.kind === 'gathered' && state.replicas.every(({ port }) => port !== null);
}

function peerOf({ host, port }: GangAddress): readonly Peer[] {
  return port === null ? [] : [{ host, port }];
}

/** Looks again and again, less and less often: many may wait for hours. */
async function untilState(waiting: Waiting, isThere: (state: GangState) => boolean): Promise<readonly GangAddress[]> {
  const { settings, request } = waiting;
  const { gangs } = settings.metadata;
  const since = Date.now();
  let joins = waiting.port === null;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, LONGEST_LOOK_MS)) {
    const now = Date.now();
    const state = await gangs.gather({ ...memberOf(waiting, now), joins }, now);
    joins = false;
    if (state.kind === 'gathered' && isThere(state)) return state.replicas;
    if (state.kind === 'replaced') throw replaced(waiting);
    if (state.kind === 'tooLate') throw tooLate(waiting);
    if (state.kind === 'gaveWay') throw gaveWay(waiting);
    if (state.kind === 'gathering' && now - since >= (state.isBehind ? BEHIND_MS : ALONE_MS)) {
      const { runId, path } = request.dispatch.task;
      if (await gangs.giveWay({ runId, path, attempt: request.attempt }, now)) throw gaveWay(waiting);
    }
    await pauseOf(pause, waiting);
  }
}

function memberOf({ settings, request, rank, size, port }: Waiting, now: number): Omit<GangMember, 'joins'> {
  const { task, settings: asked } = request.dispatch;
  const { runId, path } = task;
  return {
    ...{ runId, path, attempt: request.attempt, rank, size, port },
    queue: asked.resources.queue,
    delivery: request.delivery ?? '',
    machine: hostname(),
    host: settings.advertisedHost,
    leaseUntil: now + LEASE_MS,
  };
}

async function pauseOf(ms: number, { settings, request, port }: Waiting): Promise<void> {
  const { signal } = request;
  await delay(ms, undefined, { signal }).catch(() => undefined);
  if (!signal.aborted) return;
  const { reason } = signal;
  if (!(reason instanceof TaskFailed)) throw new NotGathered(stopped);
  // Once its port is told, the others may have begun.
  const hasNotBegun = reason.failure.name === WORKER_SHUT_DOWN && port === null;
  throw new NotGathered(hasNotBegun ? notBegun(settings.workerId).failure : reason.failure);
}

const stopped: TaskFailure = {
  kind: 'cancelled',
  name: 'Cancelled',
  message: 'The task was asked to stop before its replicas had gathered.',
  stack: null,
  retryable: false,
};

function gaveWay({ request, size }: Waiting): NotGathered {
  return notGathered(
    `Task '${request.dispatch.task.path}' did not get places for its ${size} replicas at once, and gives back those that it had.`,
  );
}

function tooLate({ request, rank }: Waiting): NotGathered {
  return notGathered(
    `Rank ${rank} of task '${request.dispatch.task.path}' was delivered again when the others knew where the first delivery was; all begin anew.`,
  );
}

function notGathered(message: string): NotGathered {
  return new NotGathered({ kind: 'worker', name: NOT_GATHERED, message, stack: null, retryable: true });
}

function replaced({ request, rank }: Waiting): NotGathered {
  const { runId, path } = request.dispatch.task;
  const { message } = replacedFailure({ runId, path, attempt: request.attempt });
  return new NotGathered({
    ...{ kind: 'worker', name: ATTEMPT_REPLACED, stack: null, retryable: false },
    message: `Rank ${rank}: ${message}`,
  });
}

/** On another machine, loopback is that machine: the others would wait for somebody who is not there. */
function refuseUnreachable(replicas: readonly GangAddress[], { dispatch }: AttemptRequest): void {
  const machines = new Set(replicas.map(({ machine }) => machine));
  const hidden = replicas.find(({ host }) => isLoopback(host));
  if (machines.size === 1 || hidden === undefined) return;
  const message = `The replicas of task '${dispatch.task.path}' are on ${[...machines].sort().join(', ')}, and a worker on ${hidden.machine} says that others reach it at ${hidden.host}, where they reach themselves. Start it with MILLRACE_WORKER_HOST set to a name or address that the others know.`;
  throw new KnownFailure('environment', 'UnreachableReplica', message, false);
}
