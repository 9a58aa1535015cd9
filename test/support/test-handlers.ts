import type { JsonObject, JsonValue } from '../../ir/json.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { RunOptions, TestCall } from '../../workflows/interpreter-driver.suite.ts';

/** Calls a test's handler as a worker would: what it throws becomes a failure of the task. */
export async function callHandler(
  { handlers }: RunOptions,
  step: string,
  input: JsonObject,
  call: TestCall,
): Promise<JsonValue> {
  const handler = handlers[step];
  if (!handler) throw new Error(`The test has no handler for step '${step}'.`);
  try {
    return (await handler(input, call)) as JsonValue;
  } catch (error) {
    const { name, message } = error as Error;
    if (call.signal.aborted) throw failure('cancelled', 'Cancelled', 'Cancelled.', false);
    throw failure('handler', name, message, name !== 'Final');
  }
}

function failure(kind: 'cancelled' | 'handler', name: string, message: string, retryable: boolean): TaskFailed {
  return new TaskFailed({ kind, name, message, stack: null, retryable });
}
