import { resolve } from 'node:path';
import { type TemporalSettings, temporalSettings } from '../platform/temporal-settings.ts';
import { apiToken } from './api-token.ts';
import { listeningAddress } from './http/loopback.ts';
import { type RetentionPolicy, readRetention } from './retention/read-policy.ts';

/** What the API's process reads from its environment. */
export interface ServerSettings {
  readonly home: string;
  readonly project: string;
  /** This machine's own, unless callers need a token. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Null where callers need none. */
  readonly token: string | null;
  /** Null for an API that starts no durable runs. */
  readonly temporal: TemporalSettings | null;
  /** What is collected without being asked for; null for nothing. */
  readonly retention: RetentionPolicy | null;
}

/** @throws RangeError naming the variable that is missing or wrong. */
export function serverSettings(env: NodeJS.ProcessEnv): ServerSettings {
  const home = env.MILLRACE_HOME;
  if (home === undefined || home === '')
    throw new RangeError('MILLRACE_HOME is not set: name the folder that holds the stores.');
  const port = Number(env.MILLRACE_API_PORT ?? '7420');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`MILLRACE_API_PORT is '${env.MILLRACE_API_PORT}': give a port, or 0 for a free one.`);
  }
  const token = apiToken(env);
  return {
    home: resolve(home),
    project: env.MILLRACE_PROJECT || 'default',
    host: listeningAddress(env.MILLRACE_API_HOST || '127.0.0.1', token),
    port,
    token,
    temporal: temporalSettings(env),
    retention: readRetention(env.MILLRACE_RETENTION),
  };
}
