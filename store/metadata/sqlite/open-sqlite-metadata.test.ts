import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metadataStoreSuite } from '../metadata-store.suite.ts';
import { openSqliteMetadata } from './open-sqlite-metadata.ts';

metadataStoreSuite('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sqlite-'));
  return {
    open: (project) => openSqliteMetadata({ file: join(folder, 'metadata.sqlite'), project }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});
