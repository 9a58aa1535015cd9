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
  /** Where this machine may ask how the worker is; null for nowhere. */
  readonly healthPort: number | null;
  /** The Worker Deployment of whose versions this installation is one; null for a worker that takes every run. */
  readonly deployment: string | null;
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
    healthPort: healthPort(env.MILLRACE_WORKER_HEALTH_PORT),
    deployment: deploymentName(env),
  };
}

function numberFrom(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${name} is '${text}'; it has to be a number, zero or more.`);
}

function healthPort(text: string | undefined): number | null {
  if (!text) return null;
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new RangeError(`MILLRACE_WORKER_HEALTH_PORT is '${text}'; it has to be a port, or 0 for any that is free.`);
}

/** @throws RangeError for what Temporal takes as no name: it joins it to the build by a dot. */
export function deploymentName({ MILLRACE_DEPLOYMENT: name }: NodeJS.ProcessEnv): string | null {
  if (!name) return null;
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return name;
  throw new RangeError(`MILLRACE_DEPLOYMENT is '${name}'; it has to be letters, digits, - and _, 64 at most.`);
}
