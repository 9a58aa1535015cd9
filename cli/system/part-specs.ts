import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Place } from '../place.ts';
import { entryPoint } from './entry-points.ts';
import type { PartSpec } from './part-spec.ts';
import { temporalArguments } from './temporal-arguments.ts';
import { untilTemporalAnswers } from './temporal-ready.ts';

/** Workers and API of one system meet in this namespace; a dev server has no other. */
export const NAMESPACE = 'default';

/** For parts that read none. */
const WITHOUT_SECRETS = { MILLRACE_SECRETS_KEY: '', MILLRACE_SECRETS_KEY_FILE: '' };

export function temporalSpec(place: Place, binary: string, port: number): PartSpec {
  const mark = markOf(place.home);
  return {
    part: 'temporal',
    command: binary,
    args: [...temporalArguments(join(place.home, 'temporal.db'), port), '--namespace', mark],
    // It inherits what the supervisor has, and has no use for the password of another server.
    env: { MILLRACE_METADATA: '', PGPASSWORD: '', ...WITHOUT_SECRETS },
    ready: async (signal) => {
      await untilTemporalAnswers(`127.0.0.1:${port}`, mark, signal);
      await untilTemporalAnswers(`127.0.0.1:${port}`, NAMESPACE, signal);
    },
    graceMs: 10_000,
  };
}

/**
 * A namespace that only the Temporal of this home has. Who asks for it cannot take another home's Temporal, which got the
 * port a moment earlier, for its own.
 */
function markOf(home: string): string {
  return `home-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
}

/** @param temporalAddress Null for an API that starts no durable runs. */
export function apiSpec(place: Place, port: number, temporalAddress: string | null): PartSpec {
  const env = { ...stores(place), ...temporal(temporalAddress), MILLRACE_API_PORT: String(port) };
  return node('api', entryPoint('api'), env, 5_000);
}

export function workersSpec(place: Place, temporalAddress: string, queues: string | null): PartSpec {
  const env = {
    ...stores(place),
    ...temporal(temporalAddress),
    ...(queues === null ? {} : { MILLRACE_QUEUES: queues }),
  };
  return node('workers', entryPoint('workers'), env, 20_000);
}

export function servingSpec(place: Place, port: number): PartSpec {
  return node(
    'serving',
    entryPoint('serving'),
    { ...stores(place), ...WITHOUT_SECRETS, MILLRACE_SERVING_PORT: String(port) },
    10_000,
  );
}

function node(part: PartSpec['part'], script: string, env: PartSpec['env'], graceMs: number): PartSpec {
  return { part, command: process.execPath, args: ['--enable-source-maps', script], env, ready: 'ipc', graceMs };
}

export function stores(place: Place): Readonly<Record<string, string>> {
  return { MILLRACE_HOME: place.home, MILLRACE_PROJECT: place.project };
}

function temporal(address: string | null): Readonly<Record<string, string>> {
  return { TEMPORAL_ADDRESS: address ?? '', TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE || NAMESPACE };
}
