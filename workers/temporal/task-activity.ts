import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { JsonValue } from '../../ir/json.ts';
import { refuseLost } from '../../ir/protocol/lost-payload.ts';
import { TaskFailed, WORKER_SHUT_DOWN } from '../../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import { applicationFailureOf } from '../../workflows/temporal/application-failure.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import type { TaskHost } from '../host/task-host.ts';
import { dispatchOf } from '../task-order.ts';

const HEARTBEAT_MS = 1_000;

/** The one activity that runs tasks: registered as the default, it is called under every step's name. */
export function taskActivity(host: TaskHost, compiled: CompiledPipelines) {
  return async (order: TaskOrder): Promise<JsonValue> => {
    const context = Context.current();
    let progress: unknown = null;
    const heart = setInterval(() => context.heartbeat(progress), HEARTBEAT_MS);
    try {
      const dispatch = await dispatchOf(refuseLost(order), compiled);
      const onProgress = (details: unknown) => {
        progress = details;
      };
      return await host.run({ dispatch, attempt: order.attempt, signal: context.cancellationSignal, onProgress });
    } catch (error) {
      throw temporalFailure(error, context);
    } finally {
      clearInterval(heart);
    }
  };
}

/** What Temporal is to make of a failure: cancelled, to be tried again, or final. */
function temporalFailure(error: unknown, context: Context): unknown {
  if (!(error instanceof TaskFailed)) return error;
  if (error.failure.kind !== 'cancelled') return applicationFailureOf(error.failure);
  if (!isShutdown(context)) return new CancelledFailure(error.message);
  const message = `The worker was stopped while it ran this task; another attempt takes it up.`;
  return applicationFailureOf({ ...error.failure, kind: 'worker', name: WORKER_SHUT_DOWN, message, retryable: true });
}

function isShutdown(context: Context): boolean {
  const { reason } = context.cancellationSignal;
  return reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN';
}
