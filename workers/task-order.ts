import type { TaskDispatch } from '../ir/protocol/task-dispatch.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import type { TaskOrder } from '../ir/protocol/task-order.ts';
import type { CompiledPipelines } from './compiled-pipelines.ts';

/** An order with what the compiled pipeline knows of its step put back. */
export async function dispatchOf(order: TaskOrder, compiled: Pick<CompiledPipelines, 'get'>): Promise<TaskDispatch> {
  const { step, compiledDigest, attempt: _, ...rest } = order;
  const pipeline = await compiled.get(compiledDigest);
  const contract = pipeline.ir.steps[step];
  const code = pipeline.code[step];
  if (contract && code) return { ...rest, contract, code };
  throw new TaskFailed({
    kind: 'environment',
    name: 'UnknownStep',
    message: `Step '${step}' of task '${order.task.path}' is not in the compiled pipeline ${compiledDigest}.`,
    stack: null,
    retryable: false,
  });
}
