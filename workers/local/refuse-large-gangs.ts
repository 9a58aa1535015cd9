import { replicasHeld } from '../../ir/protocol/replicas-held.ts';
import { NO_CAPACITY, TaskFailed } from '../../ir/protocol/task-failure.ts';
import type { Capacity } from '../host/admission-gate.ts';
import type { TaskHost } from '../host/task-host.ts';

/** A host that is alone: no other worker will ever take the replicas that it has no room for, so that all would wait. */
export function refuseLargeGangs(host: TaskHost, capacity: Capacity): TaskHost {
  return {
    ...host,
    async run(request) {
      const { task, settings } = request.dispatch;
      const { replicas = 1 } = settings.resources;
      const held = replicasHeld(settings.resources, capacity);
      // What one of them cannot have at all, the gate refuses, and says more.
      if (replicas <= Math.max(held, 1)) return host.run(request);
      const message = `Task '${task.path}' asks for ${replicas} replicas at once, and this machine can hold ${held}. Lower resources.replicas, or run the pipeline without --local on workers that hold them together.`;
      throw new TaskFailed({ kind: 'environment', name: NO_CAPACITY, message, stack: null, retryable: false });
    },
  };
}
