import { refuseLost } from '../../ir/protocol/lost-payload.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { STORE_AWAY, TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import type { RunTable } from '../../store/metadata/run-table.ts';
import { isStoreAway } from '../../store/store-away.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { dispatchOf } from '../task-order.ts';
import { refusePaused } from './refuse-paused.ts';

/**
 * What is to be known of a task before anything of it begins.
 *
 * @throws TaskFailed of its own where a store is away, and of a run that is paused: both cost the task none of its attempts.
 */
export async function findDispatch(
  order: TaskOrder,
  compiled: Pick<CompiledPipelines, 'get'>,
  runs: Pick<RunTable, 'outline'>,
): Promise<TaskDispatch> {
  try {
    const dispatch = await dispatchOf(refuseLost(order), compiled);
    await refusePaused(dispatch.task, runs);
    return dispatch;
  } catch (error) {
    if (!isStoreAway(error)) throw error;
    const message = `'${order.task.path}' was not begun: ${error.message}`;
    throw new TaskFailed({ kind: 'worker', name: STORE_AWAY, message, stack: null, retryable: true });
  }
}
