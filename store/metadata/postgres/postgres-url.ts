import { withoutPassword } from '../../../platform/without-password.ts';

/**
 * How the connection is kept from others, in PostgreSQL's words. `require` encrypts and trusts whoever answers;
 * `verify-ca` asks for a certificate of a known authority, `verify-full` for one of this host's name as well.
 */
export const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

export interface PostgresUrl {
  /** For people: without the password. */
  readonly name: string;
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  readonly sslMode: (typeof SSL_MODES)[number];
  /** PEM files. */
  readonly sslRootCert: string | null;
  readonly sslCert: string | null;
  readonly sslKey: string | null;
  /** Settings of the session, as `-c search_path=ml`. */
  readonly options: string | null;
}

const METADATA = 'MILLRACE_METADATA';
const FORM = 'postgres://USER@HOST:5432/DATABASE';
const KNOWN = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options'];

/**
 * Reads MILLRACE_METADATA, or what else names a database. Where it does not say so, connections to other machines are encrypted
 * (`require`).
 *
 * @param named What it is called, for people.
 * @throws RangeError that says what is wrong with it, without its password.
 */
export function parsePostgresUrl(text: string, named = METADATA): PostgresUrl {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new RangeError(
      `${named} is no URL of a PostgreSQL database. Give ${FORM}, with a password's special characters as %XX${named === METADATA ? '; or unset it to use the SQLite file of the home' : ''}.`,
    );
  }
  const name = withoutPassword(text);
  const unknown = [...url.searchParams.keys()].find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`${named} (${name}) has the parameter '${unknown}'; known are ${KNOWN.join(', ')}.`);
  }
  const [host, user, database] = [
    bare(url.hostname, named),
    plain(url.username, named),
    plain(url.pathname.slice(1), named),
  ];
  if (host === '' || user === '' || database === '' || database.includes('/')) {
    throw new RangeError(`${named} (${name}) has to name a user, a host and a database: ${FORM}.`);
  }
  return {
    ...{ name, host, user, database },
    port: url.port === '' ? 5432 : Number(url.port),
    password: url.password === '' ? null : plain(url.password, named),
    sslMode: sslModeOf(url, named, name, host),
    sslRootCert: url.searchParams.get('sslrootcert'),
    sslCert: url.searchParams.get('sslcert'),
    sslKey: url.searchParams.get('sslkey'),
    options: url.searchParams.get('options'),
  };
}

function sslModeOf(url: URL, named: string, name: string, host: string): PostgresUrl['sslMode'] {
  const told = url.searchParams.get('sslmode');
  if (told === null) return isThisMachine(host) ? 'disable' : 'require';
  const mode = SSL_MODES.find((known) => known === told);
  if (mode !== undefined) return mode;
  // `prefer` and `allow` are libpq's; who stands between takes the encryption away, and nobody notices.
  throw new RangeError(`${named} (${name}) has sslmode '${told}'; give one of ${SSL_MODES.join(', ')}.`);
}

function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Without the brackets of an IPv6 address. */
function bare(hostname: string, named: string): string {
  return plain(hostname, named).replace(/^\[(.*)\]$/, '$1');
}

function plain(part: string, named: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RangeError(`${named} has a % that begins no character; write % itself as %25.`);
  }
}
