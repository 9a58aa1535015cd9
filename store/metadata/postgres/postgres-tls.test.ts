import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPostgres, type PostgresServer, startPostgres, WITHOUT_POSTGRES } from '../../testing/postgres-server.ts';
import { openPostgresMetadata } from './open-postgres-metadata.ts';
import { postgresSettings } from './postgres-settings.ts';

const isThere = findPostgres() !== null;

describe.runIf(isThere)(`sslmode${isThere ? '' : ` (${WITHOUT_POSTGRES})`}`, () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres({ tls: true });
    url = await server.createSchema();
  });
  afterAll(() => server.stop());

  /** Whether the connection is encrypted. */
  async function open(host: string, parameters: string): Promise<boolean> {
    const settings = postgresSettings({ MILLRACE_METADATA: `${url.replace('127.0.0.1', host)}${parameters}` });
    if (settings === null) throw new Error('MILLRACE_METADATA is missing.');
    const store = await openPostgresMetadata({ settings, project: 'default', application: 'millrace-test' });
    const [row] = await server.query<{ ssl: boolean }>(
      url,
      "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'millrace-test'",
    );
    await store.close();
    return row?.ssl === true;
  }
  const root = () => `&sslrootcert=${encodeURIComponent(server.certificate)}`;

  it('decides whether the connection is encrypted', async () => {
    expect(await open('127.0.0.1', '')).toBe(false);
    expect(await open('127.0.0.1', '&sslmode=require')).toBe(true);
  });

  it('asks for a certificate of a known authority, and of the host’s name', async () => {
    await expect(open('localhost', '&sslmode=verify-full')).rejects.toThrow(/self-signed certificate.*sslrootcert/);
    expect(await open('localhost', `&sslmode=verify-full${root()}`)).toBe(true);
    expect(await open('127.0.0.1', `&sslmode=verify-ca${root()}`)).toBe(true);
    await expect(open('127.0.0.1', `&sslmode=verify-full${root()}`)).rejects.toThrow(/does not match certificate/);
  });

  it('says which file it cannot read', async () => {
    await expect(open('localhost', '&sslmode=verify-full&sslrootcert=/nowhere.pem')).rejects.toThrow(
      'The file /nowhere.pem (sslrootcert in MILLRACE_METADATA) cannot be read',
    );
  });
});
