import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { JsonValue } from '../../ir/json.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import type { RunTable } from '../../store/metadata/run-table.ts';
import { applicationFailureOf } from '../../workflows/temporal/application-failure.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { shutDown } from '../host/shut-down.ts';
import type { TaskHost } from '../host/task-host.ts';
import { findDispatch } from './find-dispatch.ts';

const HEARTBEAT_MS = 1_000;

/** The one activity that runs tasks: registered as the default, it is called under every step's name. */
export function taskActivity(host: TaskHost, compiled: CompiledPipelines, runs: RunTable, worker: string) {
  return async (order: TaskOrder): Promise<JsonValue> => {
    const context = Context.current();
    let progress: unknown = null;
    const heart = setInterval(() => context.heartbeat(progress), HEARTBEAT_MS);
    try {
      const dispatch = await findDispatch(order, compiled, runs);
      const onProgress = (details: unknown) => {
        progress = details;
      };
      return await host.run({ dispatch, attempt: order.attempt, signal: stopSignal(context, worker), onProgress });
    } catch (error) {
      throw temporalFailure(error);
    } finally {
      clearInterval(heart);
    }
  };
}

/** What Temporal is to make of a failure: cancelled, to be tried again, or final. */
function temporalFailure(error: unknown): unknown {
  if (!(error instanceof TaskFailed)) return error;
  return error.failure.kind === 'cancelled' ? new CancelledFailure(error.message) : applicationFailureOf(error.failure);
}

/** Temporal's signal, which says by the text of its reason alone that it is the worker that ends, and not the task. */
function stopSignal({ cancellationSignal: asked }: Context, worker: string): AbortSignal {
  const stop = new AbortController();
  const pass = () => {
    const isShutdown = asked.reason instanceof CancelledFailure && asked.reason.message === 'WORKER_SHUTDOWN';
    stop.abort(isShutdown ? shutDown(worker) : asked.reason);
  };
  if (asked.aborted) pass();
  else asked.addEventListener('abort', pass, { once: true });
  return stop.signal;
}
