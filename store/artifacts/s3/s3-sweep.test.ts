import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { type Content, openContent } from '../../open-content.ts';
import { NO_S3, onS3, useS3 } from '../../testing/s3-places.ts';
import { contentSweepSuite } from '../content-sweep.suite.ts';
import { keepsAll } from '../stored-content.ts';

describe.skipIf(NO_S3 !== null)(onS3, () => {
  const s3 = useS3();
  contentSweepSuite('S3', async () => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-sweep-'));
    await mkdir(join(home, 'outside'));
    const artifacts = { kind: 's3', place: await s3.newPlace(), cacheBytes: 1 << 30 } as const;
    const opened: Content[] = [];
    return {
      open: async (project, keep = keepsAll) => {
        const content = await openContent({ home, project, artifacts, keep });
        opened.push(content);
        return content;
      },
      outside: join(home, 'outside'),
      remove: async () => {
        for (const content of opened) content.close();
        await rm(home, { recursive: true, force: true });
      },
    };
  });
});
