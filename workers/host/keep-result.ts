import type { JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { allSucceeded } from './all-succeeded.ts';
import { keyNow } from './look-up.ts';
import type { AttemptRequest } from './task-host.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

/**
 * Keeps a task's output for later runs: of replicas once all have succeeded, not at all where one fails. The key is made anew:
 * where it is no longer the one that was looked up, a source or a secret has changed while the task ran, and nobody can tell
 * which of the two the output belongs to.
 */
export async function keepResult(
  settings: TaskHostSettings,
  request: AttemptRequest,
  output: JsonValue,
): Promise<void> {
  const { dispatch } = request;
  const { cacheKey, contract, task } = dispatch;
  if (cacheKey === null) return;
  try {
    if (!(await allSucceeded(settings, request))) return;
    const now = await keyNow(dispatch, settings.secrets);
    if (now?.key !== cacheKey) return;
    const { runId, pipeline, path } = task;
    const made = { pipeline, step: contract.name, output, runId, path };
    const entry = { key: cacheKey, ...made, parts: now.parts, createdAt: Date.now() };
    await settings.metadata.cache.put(entry);
  } catch (error) {
    // The task has succeeded and is recorded; a later run does its work once more.
    process.emitWarning(
      `The result of task '${nameOf(dispatch)}' was not kept: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function nameOf({ task }: TaskDispatch): string {
  return `${task.runId}/${task.path}`;
}
