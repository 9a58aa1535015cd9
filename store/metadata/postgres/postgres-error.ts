import pg from 'pg';
import { MetadataError } from '../metadata-store.ts';
import { ConstraintError } from '../sql/constraint-error.ts';

/** Classes and codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const DENIED = /^28/;
const NO_DATABASE = /^3D000$/;
const FULL = /^53100$/;
const CONSTRAINT = /^2[23]/;
const READ_ONLY = /^25006$/;
const TIMEOUT = /^57014$/;
const NO_RIGHT = /^42501$/;
/** Connections lost, or refused because the server is starting, ending, or full. */
const LOST = /^(?:08...|57P0[1235]|25P03|53300)$/;
/** Two transactions that stood in each other's way; one of them was undone. */
const CONTENDED = /^(?:40001|40P01|55P03)$/;

/** How Node and `pg` say that there is no connection, or no longer. */
const LOST_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH'],
  // A name server that is away, and a Unix socket's file while its server is.
  ...['ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
];
const LOST_WORDS = /^(?:Connection terminated|timeout ex|Query read timeout|Client (?:was closed|has encountered))/;
const NO_PASSWORD = /password must be a (?:non-empty )?string/i;

/** Whether the connection was lost, so that nobody knows how the statement ended. */
export function isLost(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return LOST.test(error.code ?? '');
  return error instanceof Error && (LOST_CODES.includes(codeOf(error)) || LOST_WORDS.test(error.message));
}

/** Whether the same transaction may well pass when it is tried again. */
export function isContended(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CONTENDED.test(error.code ?? '');
}

/** PostgreSQL's word on a failure as one that a caller can act on. */
export function postgresError(name: string, error: unknown): Error {
  if (error instanceof MetadataError) return error;
  if (!(error instanceof pg.DatabaseError)) return clientError(name, error);
  const code = error.code ?? '';
  if (CONSTRAINT.test(code)) return new ConstraintError(constraintOf(code), error.message);
  const said = `${code}: ${error.message}`;
  if (FULL.test(code)) {
    const message = `The disk of ${name} is full (${said}); the last change was not made. Make room on the server, and repeat.`;
    return new MetadataError('noSpace', message, { cause: error });
  }
  return new MetadataError('unavailable', `${name} ${whatNext(code, said)}`, { cause: error });
}

function whatNext(code: string, said: string): string {
  if (DENIED.test(code)) return `does not let this user in (${said}). ${PASSWORD}`;
  if (NO_DATABASE.test(code)) return `is not there (${said}). Make it with createdb, or correct MILLRACE_METADATA.`;
  if (READ_ONLY.test(code)) return `takes no writes (${said}). Name the primary in MILLRACE_METADATA, not a standby.`;
  if (TIMEOUT.test(code)) return `did not answer in time (${said}). Look in pg_stat_activity for what holds locks.`;
  if (NO_RIGHT.test(code)) return `gives this user too few rights (${said}). Let it create tables in its schema.`;
  return LOST.test(code) ? away(said) : `cannot be used (${said}). The server's log says more.`;
}

const PASSWORD =
  'Correct the user in MILLRACE_METADATA, and its password: in the URL, in MILLRACE_METADATA_PASSWORD_FILE or in PGPASSWORD.';

function away(said: string): string {
  return `is not to be reached (${said}). Start that server, or correct host and port in MILLRACE_METADATA.`;
}

function clientError(name: string, error: unknown): MetadataError {
  // Where several addresses of a name were tried, Node's error has a code and no message.
  const said = error instanceof Error ? error.message || codeOf(error) : String(error);
  const told = (text: string) => new MetadataError('unavailable', `${name} ${text}`, { cause: error });
  if (isLost(error)) return told(away(said));
  if (NO_PASSWORD.test(said)) return told(`asks for a password, and none was given. ${PASSWORD}`);
  return told(
    `cannot be connected to (${said}). Look at sslmode and sslrootcert in MILLRACE_METADATA; sslmode=disable sends all in the clear.`,
  );
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function constraintOf(code: string): ConstraintError['constraint'] {
  if (code === '23505') return 'unique';
  return code === '23503' ? 'foreignKey' : 'other';
}
