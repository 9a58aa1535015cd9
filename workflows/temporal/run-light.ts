import type { JsonValue } from '../../ir/json.ts';
import type { ControlAnswer, ControlRequest } from '../../ir/protocol/control-request.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import { expectedAnswer } from './expected-answer.ts';

/**
 * Tries a light task on the control queue's worker, together with whatever else the run asks of it at that moment.
 */
export async function runLight(
  order: TaskOrder,
  ask: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<JsonValue> {
  return expectedAnswer(await ask({ kind: 'light', order }), 'light').output;
}
