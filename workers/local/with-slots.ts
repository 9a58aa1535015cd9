import type { TaskHost } from '../host/task-host.ts';

/**
 * A host that runs so many tasks at once and lets others wait, first come first served, as the slots of a Temporal
 * worker do: a fan-out of a thousand must not start a thousand processes. Light tasks, which start none, pass.
 */
export function withSlots(host: TaskHost, slots: number): TaskHost {
  let free = slots;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    ...host,
    async run(request) {
      if (request.dispatch.contract.cost === 'light') return host.run(request);
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        // One that was stopped while it waited starts nothing: the host sees the signal before all else.
        return await host.run(request);
      } finally {
        leave();
      }
    },
  };
}
