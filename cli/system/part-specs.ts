import { createHash } from 'node:crypto';
import { temporalVariables } from '../../platform/temporal-settings.ts';
import type { Place } from '../place.ts';
import { entryPoint } from './entry-points.ts';
import type { PartSpec } from './part-spec.ts';
import { temporalArguments, temporalDatabase } from './temporal-arguments.ts';
import { untilTemporalAnswers } from './temporal-ready.ts';

/** Workers and API of one system meet in this namespace; a dev server has no other. */
export const NAMESPACE = 'default';

/** For parts that read none. */
const WITHOUT_SECRETS = { MILLRACE_SECRETS_KEY: '', MILLRACE_SECRETS_KEY_FILE: '' };
/** What opens stores, the API and secrets. */
const KEYS = /^(AWS_|MILLRACE_SECRET|MILLRACE_METADATA|MILLRACE_API_TOKEN|PGPASSWORD)/;

export function temporalSpec(place: Place, binary: string, port: number): PartSpec {
  const mark = markOf(place.home);
  return {
    part: 'temporal',
    command: binary,
    args: [...temporalArguments(temporalDatabase(place.home), port), '--namespace', mark],
    // It inherits what the supervisor has, and has no use for the keys of other servers.
    env: Object.fromEntries(keysIn(process.env).map((name) => [name, ''])),
    ready: async (signal) => {
      await untilTemporalAnswers(`127.0.0.1:${port}`, mark, signal);
      await untilTemporalAnswers(`127.0.0.1:${port}`, NAMESPACE, signal);
    },
    graceMs: 10_000,
  };
}

const keysIn = (env: NodeJS.ProcessEnv) => Object.keys(env).filter((name) => KEYS.test(name));

/** A namespace that only the Temporal of this home has: whoever asks for it takes no other for it. */
function markOf(home: string): string {
  return `home-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
}

/**
 * Where a part finds Temporal. One that is configured is reached as this environment says, which the part inherits; one that
 * Millrace started has neither keys nor TLS, whatever is set here for another.
 */
export type TemporalPlace =
  | { readonly kind: 'configured' | 'own'; readonly address: string }
  /** For an API that starts no durable runs. */
  | { readonly kind: 'none' };

export function apiSpec(place: Place, port: number, where: TemporalPlace): PartSpec {
  const env = { ...stores(place), ...temporal(place, where), MILLRACE_API_PORT: String(port) };
  return node('api', entryPoint('api'), env, 5_000);
}

export function workersSpec(place: Place, where: TemporalPlace, queues: string | null): PartSpec {
  const env = {
    ...stores(place),
    ...temporal(place, where),
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

function temporal({ home }: Place, where: TemporalPlace): Readonly<Record<string, string>> {
  if (where.kind === 'configured') return { TEMPORAL_ADDRESS: where.address, MILLRACE_TEMPORAL_MARK: '' };
  const unset = temporalVariables(process.env).map((name) => [name, '']);
  const own = where.kind === 'own' ? { TEMPORAL_ADDRESS: where.address, MILLRACE_TEMPORAL_MARK: markOf(home) } : {};
  return { ...Object.fromEntries(unset), TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: NAMESPACE, ...own };
}
