import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { createAdmissionGate } from './admission-gate.ts';
import { runAttempt } from './attempt.ts';
import type { Progress } from './attempt-services.ts';
import { basicsOf } from './child-env.ts';
import { codeFolders } from './code-folders.ts';
import { installedFiles } from './handler-files.ts';
import { createHandlerPool } from './handler-pool.ts';
import { shutDown } from './shut-down.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

/** What a heartbeat carries. */
export interface AttemptDetails extends Progress {
  readonly phase: 'waiting' | 'running';
}

export interface AttemptRequest {
  readonly dispatch: TaskDispatch;
  /** From 1. */
  readonly attempt: number;
  /** The host's own name for this delivery of the attempt: the one that started last may write. */
  readonly delivery?: string;
  /** Fires on cancellation. With a `TaskFailed` as its reason, the attempt ends with that. */
  readonly signal: AbortSignal;
  /** How long a light task waits for its turn, before `NoTurn` is thrown; without it, until its turn comes. */
  readonly turnWithinMs?: number;
  /** Called at least once a second for as long as the attempt lives, whatever its handler does. */
  readonly onProgress: (details: AttemptDetails) => void;
}

/** Runs tasks on this machine: one host a worker process. */
export interface TaskHost {
  /** @throws TaskFailed, recorded in the store, secrets masked; NoTurn. */
  readonly run: (request: AttemptRequest) => Promise<JsonValue>;
  /**
   * Asks what still runs to stop, and ends every child.
   *
   * @returns false when a thread is in a native call yet: `process.exit` would wait for it, be it for ever.
   */
  readonly close: () => Promise<boolean>;
}

/**
 * A run asks for 200 light tasks together. Side by side they would take each other's processors until all are over their
 * second, and of different steps a thread each; those that wait for something leave the processors to others.
 */
const LIGHT_AT_ONCE = 2 * availableParallelism();

export function createTaskHost(settings: TaskHostSettings): TaskHost {
  const running = new Map<AbortController, Promise<JsonValue>>();
  const host = {
    settings,
    files: settings.files ?? installedFiles(),
    gate: createAdmissionGate(settings.capacity),
    lightGate: createAdmissionGate({ memory: 0, cpu: LIGHT_AT_ONCE, gpu: 0 }),
    pool: createHandlerPool(),
    unpackCode: codeFolders(settings),
    basics: basicsOf(process.env),
  };
  return {
    async run(request) {
      const stop = new AbortController();
      const pass = () => stop.abort(request.signal.reason);
      request.signal.addEventListener('abort', pass, { once: true });
      if (request.signal.aborted) pass();
      const attempt = runAttempt(host, { ...request, signal: stop.signal, delivery: randomUUID() });
      running.set(stop, attempt);
      try {
        return await attempt;
      } finally {
        running.delete(stop);
        request.signal.removeEventListener('abort', pass);
      }
    },
    async close() {
      for (const stop of running.keys()) stop.abort(shutDown(settings.workerId));
      await Promise.allSettled(running.values());
      return host.pool.close();
    },
  };
}
