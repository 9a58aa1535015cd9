import { type PostgresUrl, parsePostgresUrl } from './postgres-url.ts';

export interface PostgresSettings {
  readonly url: PostgresUrl;
  /** Read for each connection, so that a password may change; in place of that of the URL. */
  readonly passwordFile: string | null;
  /** For where neither says one. */
  readonly password: string | null;
  /** Connections that this process holds at most. */
  readonly connections: number;
}

const DEFAULT_CONNECTIONS = 5;
const MOST_CONNECTIONS = 100;

/**
 * @returns null where MILLRACE_METADATA names no database.
 * @throws RangeError for a variable that cannot be what it is.
 */
export function postgresSettings(env: Readonly<Record<string, string | undefined>>): PostgresSettings | null {
  if (!env.MILLRACE_METADATA) return null;
  return {
    url: parsePostgresUrl(env.MILLRACE_METADATA),
    passwordFile: env.MILLRACE_METADATA_PASSWORD_FILE || null,
    password: env.PGPASSWORD || null,
    connections: connectionsOf(env.MILLRACE_METADATA_CONNECTIONS || String(DEFAULT_CONNECTIONS)),
  };
}

function connectionsOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_CONNECTIONS) return count;
  throw new RangeError(`MILLRACE_METADATA_CONNECTIONS is '${text}'; it has to be 1 to ${MOST_CONNECTIONS}.`);
}
