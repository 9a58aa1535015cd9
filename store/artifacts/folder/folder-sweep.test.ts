import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContent } from '../../open-content.ts';
import { contentSweepSuite } from '../content-sweep.suite.ts';
import { keepsAll } from '../stored-content.ts';

contentSweepSuite('a folder', async () => {
  const home = await mkdtemp(join(tmpdir(), 'millrace-sweep-'));
  await mkdir(join(home, 'outside'));
  return {
    open: (project, keep = keepsAll) => openContent({ home, project, artifacts: { kind: 'folder' }, keep }),
    outside: join(home, 'outside'),
    remove: () => rm(home, { recursive: true, force: true }),
  };
});
