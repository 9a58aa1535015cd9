import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporalSettings } from './temporal-settings.ts';

describe('the settings of Temporal', () => {
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-temporal-settings-'));
    file = join(folder, 'temporal.toml');
    await writeFile(
      file,
      '[profile.default]\naddress = "one:7233"\n[profile.two]\naddress = "two:7233"\nnamespace = "ml"\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are none where nobody names a server, whatever else is set', () => {
    expect(temporalSettings({})).toBeNull();
    expect(temporalSettings({ TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: 'ml', TEMPORAL_API_KEY: 'k' })).toBeNull();
  });

  it('take what is empty for unset: no key, and so no TLS', () => {
    const env = { TEMPORAL_ADDRESS: 'host:7233', TEMPORAL_NAMESPACE: '', TEMPORAL_API_KEY: '', TEMPORAL_TLS: '' };
    const settings = temporalSettings(env);
    expect(settings).toMatchObject({ address: 'host:7233', namespace: 'default' });
    expect([settings?.connection.tls, settings?.connection.apiKey]).toEqual([undefined, undefined]);
  });

  it('send a key over TLS alone, unless told otherwise', () => {
    const env = { TEMPORAL_ADDRESS: 'host:7233', TEMPORAL_API_KEY: 'k' };
    expect(temporalSettings(env)?.connection).toMatchObject({ tls: true, apiKey: 'k' });
    expect(temporalSettings({ ...env, TEMPORAL_TLS: 'false' })?.connection.tls).toBe(false);
  });

  it('read a file of profiles where one is named, and Temporal’s own in the home only for a profile', async () => {
    expect(temporalSettings({ TEMPORAL_CONFIG_FILE: file })?.address).toBe('one:7233');
    const two = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'two' };
    expect(temporalSettings(two)).toMatchObject({ address: 'two:7233', namespace: 'ml' });
    expect(temporalSettings({ ...two, TEMPORAL_ADDRESS: 'three:7233' })?.address).toBe('three:7233');
    expect(() => temporalSettings({ ...two, TEMPORAL_PROFILE: 'four' })).toThrow(/Profile 'four' not found/);
  });

  it('are refused where a file is missing or half a pair is', () => {
    const address = { TEMPORAL_ADDRESS: 'host:7233' };
    expect(() => temporalSettings({ TEMPORAL_CONFIG_FILE: `${file}.old` })).toThrow('there is no such file');
    expect(() => temporalSettings({ ...address, TEMPORAL_TLS_CLIENT_CERT_PATH: file })).toThrow(
      'set TEMPORAL_TLS_CLIENT_KEY_PATH.',
    );
    expect(() => temporalSettings({ ...address, TEMPORAL_TLS_SERVER_CA_CERT_PATH: `${file}.pem` })).toThrow(
      /Temporal's settings cannot be used: .*no such file.*Look at the TEMPORAL_\* variables/,
    );
  });
});
