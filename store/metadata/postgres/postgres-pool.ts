import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { MetadataError } from '../metadata-store.ts';
import type { PostgresSettings } from './postgres-settings.ts';
import type { PostgresUrl } from './postgres-url.ts';

/** Whoever waits longer than this for a lock waits for a transaction that hangs. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A process that was stopped in the middle of a transaction keeps the others waiting no longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 10_000;

const { builtins } = pg.types;
/** Whole numbers of 64 bits, and the sums of them. */
const WHOLE: readonly number[] = [builtins.INT8, builtins.NUMERIC];

/**
 * Connections that send statements without waiting for the answers of those before.
 *
 * @param application What the server lists them as.
 * @throws MetadataError `unavailable` for a certificate's file that cannot be read.
 */
export async function createPool(settings: PostgresSettings, application: string): Promise<pg.Pool> {
  const { url } = settings;
  const pool = new pg.Pool({
    host: url.host,
    port: url.port,
    database: url.database,
    user: url.user,
    ...passwordOf(settings),
    ssl: await sslOf(url),
    ...(url.options === null ? {} : { options: url.options }),
    application_name: application,
    max: settings.connections,
    pipeline: true,
    types: { getTypeParser },
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // A server that is gone without a word sends no timeout either.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    // An idle store does not keep its process alive.
    allowExitOnIdle: true,
  });
  // Who uses a connection hears of its loss from the statement; without listeners the loss would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function getTypeParser(type: number, format?: 'text' | 'binary') {
  return WHOLE.includes(type) ? Number : pg.types.getTypeParser(type, format);
}

/** With none at all, `pg` looks into the user's `.pgpass`; for an empty one into PGPASSWORD, unless a function gives it. */
function passwordOf({ url, passwordFile, password }: PostgresSettings) {
  if (passwordFile !== null) return { password: () => readSecret(passwordFile, 'MILLRACE_METADATA_PASSWORD_FILE') };
  const told = url.password ?? password;
  return told === null ? {} : { password: () => told };
}

async function sslOf(url: PostgresUrl) {
  if (url.sslMode === 'disable') return false;
  const [ca, cert, key] = await Promise.all([
    pem(url.sslRootCert, 'sslrootcert'),
    pem(url.sslCert, 'sslcert'),
    pem(url.sslKey, 'sslkey'),
  ]);
  return {
    ...{ ...ca.as('ca'), ...cert.as('cert'), ...key.as('key') },
    // As libpq has it: a root that was given is asked for.
    rejectUnauthorized: url.sslMode !== 'require' || url.sslRootCert !== null,
    ...(url.sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function pem(file: string | null, parameter: string) {
  const text = file === null ? null : await readSecret(file, `${parameter} in MILLRACE_METADATA`);
  return { as: (name: 'ca' | 'cert' | 'key') => (text === null ? {} : { [name]: text }) };
}

async function readSecret(file: string, named: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    const message = `The file ${file} (${named}) cannot be read: ${(cause as Error).message}. Correct the name, or let this user read it.`;
    throw new MetadataError('unavailable', message, { cause });
  }
}
