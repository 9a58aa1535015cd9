import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStores, storeSettings } from './open-stores.ts';
import { secretSettings } from './secrets/secret-settings.ts';

describe('openStores', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-stores-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('makes its home, and finds what an earlier process left there', async () => {
    const settings = { home: join(home, 'deep', 'home'), project: 'default' };
    const first = await openStores(settings);
    const digest = await first.artifacts.putBlob(Buffer.from('hello'));
    await first.metadata.cache.put({
      ...{ key: 'k', pipeline: 'l', step: 's', output: 1, runId: 'r', path: 'p', parts: {}, createdAt: 1 },
    });
    await first.close();

    const second = await openStores(settings);
    expect(Buffer.from(await second.artifacts.getBlob(digest)).toString()).toBe('hello');
    expect((await second.metadata.cache.get(['k'])).get('k')?.output).toBe(1);
    await second.close();
  });

  it('refuses work after close, and closes twice', async () => {
    const { metadata, close } = await openStores({ home, project: 'default' });
    await close();
    await close();
    await expect(metadata.runs.get('r')).rejects.toMatchObject({ name: 'MetadataError', kind: 'unavailable' });
  });

  it('says what to do about artifacts that cannot be reached, and leaves the metadata closed', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
    const place = { bucket: 'models', prefix: '', endpoint: 'http://127.0.0.1:1', region: null, pathStyle: true };
    const artifacts = { kind: 's3', place, cacheBytes: 0 } as const;
    await expect(openStores({ home, project: 'default', artifacts })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/^The artifact store cannot be opened, s3:\/\/models: http:.* cannot be reached/),
    });
    vi.unstubAllEnvs();
  });

  it('says what to do about a home that cannot be made', async () => {
    await writeFile(join(home, 'file'), '');
    await expect(openStores({ home: join(home, 'file', 'home'), project: 'default' })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('MILLRACE_HOME'),
    });
  });

  it('refuses a project that would lead out of its folder', async () => {
    await expect(openStores({ home, project: '../other' })).rejects.toThrow("'../other' cannot name a project");
  });
});

describe('storeSettings', () => {
  it('has defaults, and takes all from the environment', () => {
    const folder = { kind: 'folder' };
    expect(storeSettings({})).toEqual({
      ...{ home: join(process.cwd(), '.millrace'), project: 'default', artifacts: folder, secrets: secretSettings({}) },
    });
    const MILLRACE_ARTIFACTS = 's3://models/ml?region=eu-west-1';
    const place = { bucket: 'models', prefix: 'ml', endpoint: null, region: 'eu-west-1', pathStyle: false };
    const env = {
      MILLRACE_HOME: '/srv/ml',
      MILLRACE_PROJECT: 'fraud-2',
      MILLRACE_ARTIFACTS,
      MILLRACE_SECRETS: 'store',
    };
    expect(storeSettings(env)).toEqual({
      secrets: secretSettings(env),
      ...{ home: '/srv/ml', project: 'fraud-2', artifacts: { kind: 's3', place, cacheBytes: 16 * 2 ** 30 } },
    });
  });

  it('refuses a place of artifacts that is none, and a bound of their cache that is none', () => {
    expect(() => storeSettings({ MILLRACE_ARTIFACTS: '/srv/artifacts' })).toThrow('MILLRACE_ARTIFACTS is no address');
    const MILLRACE_ARTIFACTS = 's3://models';
    expect(() => storeSettings({ MILLRACE_ARTIFACTS, MILLRACE_ARTIFACT_CACHE_BYTES: '1GiB' })).toThrow(
      "MILLRACE_ARTIFACT_CACHE_BYTES is '1GiB'",
    );
  });

  it('takes a database for metadata, and refuses what is none', () => {
    const url = 'postgres://ml:geheim@db.internal/ml';
    expect(storeSettings({ MILLRACE_METADATA: url, MILLRACE_METADATA_CONNECTIONS: '9' }).metadata).toMatchObject({
      url: { name: 'postgres://ml@db.internal/ml', password: 'geheim' },
      connections: 9,
    });
    expect(() => storeSettings({ MILLRACE_METADATA: 'metadata.sqlite' })).toThrow('is no URL of a PostgreSQL database');
  });

  it.each(['Fraud', 'a b', 'a/b', '-a', 'x'.repeat(64)])('refuses project %j', (name) => {
    expect(() => storeSettings({ MILLRACE_PROJECT: name })).toThrow('lower-case letters');
  });
});
