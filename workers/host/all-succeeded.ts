import { setTimeout as delay } from 'node:timers/promises';
import type { AttemptRequest } from './task-host.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 2_000;

/**
 * Whether the attempt has succeeded, which of replicas has to be true of all: waits for those that are not there yet.
 *
 * @returns false when the attempt is asked to stop meanwhile, as it is when one of them fails.
 */
export async function allSucceeded({ metadata }: TaskHostSettings, request: AttemptRequest): Promise<boolean> {
  const { dispatch, attempt, signal } = request;
  const { replicas } = dispatch.settings.resources;
  if (replicas === undefined) return true;
  const { runId, path } = dispatch.task;
  for (let pause = FIRST_LOOK_MS; !signal.aborted; pause = Math.min(pause * 1.5, LONGEST_LOOK_MS)) {
    if (await metadata.gangs.haveSucceeded({ runId, path, attempt }, replicas)) return true;
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
