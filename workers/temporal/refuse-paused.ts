import type { TaskAddress } from '../../ir/protocol/task-dispatch.ts';
import { RUN_PAUSED, TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { RunTable } from '../../store/metadata/run-table.ts';

/**
 * Gives back a task that was waiting in its queue when the run was paused: nothing of it has begun, and the run asks again
 * once it goes on. Asked of the store, which is a moment behind the run: what it lets through has begun before the pause.
 *
 * @throws TaskFailed that costs the task none of its attempts.
 */
export async function refusePaused({ runId, path }: TaskAddress, runs: Pick<RunTable, 'outline'>): Promise<void> {
  const run = await runs.outline(runId);
  if (!run?.pause) return;
  const message = `'${path}' was not begun, for run ${runId} is paused.`;
  throw new TaskFailed({ kind: 'worker', name: RUN_PAUSED, message, stack: null, retryable: true });
}
