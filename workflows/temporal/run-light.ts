import type { JsonValue } from '../../ir/json.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';

/**
 * Tries a light task on the control queue's worker, together with whatever else the run asks of it at that moment.
 */
export async function runLight(
  order: TaskOrder,
  ask: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<JsonValue> {
  const answer = await ask({ kind: 'light', order });
  if (answer.kind === 'light') return answer.output;
  throw answer.kind === 'failed'
    ? new TaskFailed(answer.failure)
    : new Error(`A light task was answered with '${answer.kind}'.`);
}
