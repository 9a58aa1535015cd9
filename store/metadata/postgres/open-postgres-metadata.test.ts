import { afterAll, beforeAll, describe } from 'vitest';
import { findPostgres, type PostgresServer, startPostgres, WITHOUT_POSTGRES } from '../../testing/postgres-server.ts';
import { metadataStoreSuite } from '../metadata-store.suite.ts';
import { openPostgresMetadata } from './open-postgres-metadata.ts';
import { postgresSettings } from './postgres-settings.ts';

const isThere = findPostgres() !== null;

describe.runIf(isThere)(`PostgreSQL${isThere ? '' : ` (${WITHOUT_POSTGRES})`}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  metadataStoreSuite('PostgreSQL', async () => {
    const settings = postgresSettings({ MILLRACE_METADATA: await server.createSchema() });
    if (settings === null) throw new Error('The server has no address.');
    return {
      open: (project) => openPostgresMetadata({ settings, project, application: 'millrace-test' }),
      remove: async () => undefined,
    };
  });
});
