import { availableParallelism, homedir, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { CONTROL_QUEUE, WORKER_QUEUES } from '../ir/step-contract.ts';

/** How a worker process is set up; all of it comes from the environment. */
export interface WorkerSettings {
  readonly id: string;
  readonly queues: readonly string[];
  readonly capacity: { readonly memory: number; readonly cpu: number; readonly gpu: number };
  /** Where unpacked code packages lie; may be emptied at any time. */
  readonly cacheFolder: string;
  /** How long a handler has to end after it was asked to stop. */
  readonly graceMs: number;
  /** By what name or address handlers on other machines reach handlers on this one. */
  readonly advertisedHost: string;
}

export function workerSettings(env: NodeJS.ProcessEnv, home: string): WorkerSettings {
  const queues = (env.MILLRACE_QUEUES ?? [CONTROL_QUEUE, ...WORKER_QUEUES].join(','))
    .split(',')
    .map((queue) => queue.trim())
    .filter((queue) => queue !== '');
  return {
    id: `${hostname()}/${process.pid}`,
    queues,
    capacity: {
      memory: numberFrom(env, 'MILLRACE_WORKER_MEMORY', totalmem()),
      cpu: numberFrom(env, 'MILLRACE_WORKER_CPU', availableParallelism()),
      gpu: numberFrom(env, 'MILLRACE_WORKER_GPU', queues.includes('gpu') ? 1 : 0),
    },
    cacheFolder: env.MILLRACE_CACHE ?? join(home === '' ? homedir() : home, 'code'),
    graceMs: numberFrom(env, 'MILLRACE_GRACE_MS', 10_000),
    advertisedHost: env.MILLRACE_WORKER_HOST || '127.0.0.1',
  };
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${name} is '${text}'; it has to be a number, zero or more.`);
}
