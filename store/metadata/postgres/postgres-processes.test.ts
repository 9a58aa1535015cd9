import { afterAll, beforeAll, describe } from 'vitest';
import { findPostgres, type PostgresServer, startPostgres, WITHOUT_POSTGRES } from '../../testing/postgres-server.ts';
import { metadataProcessesSuite } from '../metadata-processes.suite.ts';
import { openPostgresMetadata } from './open-postgres-metadata.ts';
import { postgresSettings } from './postgres-settings.ts';

const isThere = findPostgres() !== null;

describe.runIf(isThere)(`PostgreSQL${isThere ? '' : ` (${WITHOUT_POSTGRES})`}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  metadataProcessesSuite('PostgreSQL database', async () => {
    const env = { MILLRACE_METADATA: await server.createSchema() };
    const settings = postgresSettings(env);
    if (settings === null) throw new Error('The server has no address.');
    return {
      ...{ file: null, env },
      open: () => openPostgresMetadata({ settings, project: 'default', application: 'millrace-test' }),
      versions: () => server.query(env.MILLRACE_METADATA, 'select version from schema_versions'),
      remove: async () => undefined,
    };
  });
});
