import { describe, expect, it } from 'vitest';
import { metadataName, refuseOtherMetadata } from './other-metadata.ts';
import type { SystemRecord } from './system-file.ts';

const ENV = { MILLRACE_METADATA: 'postgres://ml:geheim@db:5432/ml?sslmode=require' };

describe('a system that is up', () => {
  const running = (metadata: string | null): SystemRecord => ({
    ...{ project: 'default', metadata, supervisor: { pid: 1, startedAt: null }, readyAt: 1, parts: {} },
    urls: { api: 'http://127.0.0.1:1', serving: 'http://127.0.0.1:2', temporal: '127.0.0.1:3' },
  });
  const refuse = (metadata: string | null, opensStores: boolean, env: NodeJS.ProcessEnv) => () =>
    refuseOtherMetadata('/home/ada', running(metadata), opensStores, env);

  it('is used by commands that name its metadata, and by those that only ask its API', () => {
    const name = metadataName(ENV);
    expect(name).toBe('postgres://ml@db:5432/ml');
    expect(refuse(name, true, ENV)).not.toThrow();
    expect(refuse(name, false, {})).not.toThrow();
    expect(refuse(null, true, {})).not.toThrow();
  });

  it('is used by none that names other metadata, nor by one that opens the store itself and names none', () => {
    expect(refuse(null, false, ENV)).toThrow(
      'The system of /home/ada is up and keeps its metadata in the SQLite file of its home, not in postgres://ml@db:5432/ml.',
    );
    expect(refuse('postgres://ml@other:5432/ml', false, ENV)).toThrow('postgres://ml@other:5432/ml, not in');
    expect(refuse(metadataName(ENV), true, {})).toThrow('not in the SQLite file of its home');
  });
});
