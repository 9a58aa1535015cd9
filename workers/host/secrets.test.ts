import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envSecrets, fileSecrets, firstOf, secretsFromEnvironment, secretsOfTask } from './secrets.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-secrets-'));
  await writeFile(join(folder, 'db-password'), 'from-file\n');
  await writeFile(join(folder, 'db-password@2'), 'second');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newest = (secret: string) => ({ secret, version: null });

describe('secrets', () => {
  it('come from the environment', async () => {
    const provider = envSecrets({ MILLRACE_SECRET_DB_PASSWORD: 'one', MILLRACE_SECRET_DB_PASSWORD__V2: 'two' });
    expect(await provider.resolve(newest('db-password'))).toMatchObject({ value: 'one' });
    expect(await provider.resolve({ secret: 'db-password', version: 'v2' })).toEqual({ value: 'two', version: 'v2' });
    expect(await provider.resolve(newest('other'))).toBeNull();
  });

  it('come from files, without the line break at their end', async () => {
    const provider = fileSecrets(folder);
    expect(await provider.resolve(newest('db-password'))).toMatchObject({ value: 'from-file' });
    expect(await provider.resolve({ secret: 'db-password', version: '2' })).toEqual({ value: 'second', version: '2' });
    expect(await provider.resolve(newest('../etc/passwd'))).toBeNull();
  });

  it('have a version that changes with the value and does not hold it', async () => {
    const [one, again, two] = await Promise.all(
      ['canary-one', 'canary-one', 'canary-two'].map((value) =>
        envSecrets({ MILLRACE_SECRET_K: value }).resolve(newest('k')),
      ),
    );
    expect(one?.version).toBe(again?.version);
    expect(one?.version).not.toBe(two?.version);
    expect(one?.version).toMatch(/^[0-9a-f]{16}$/);
  });

  it('are looked for in one place after the other, and missing ones are told with the cure', async () => {
    const provider = firstOf([envSecrets({}), fileSecrets(folder)]);
    expect(await secretsOfTask({ pass: newest('db-password') }, provider, 'w1')).toEqual({ pass: 'from-file' });
    const missing = secretsOfTask({ key: newest('api-key') }, provider, 'w1');
    await expect(missing).rejects.toMatchObject({ failureKind: 'environment', name: 'SecretMissing' });
    await expect(missing).rejects.toThrow(
      'set the environment variable MILLRACE_SECRET_API_KEY, or write it to the file',
    );
  });

  it('of a worker are in its environment, or in the folder that this names', async () => {
    const provider = secretsFromEnvironment({ MILLRACE_SECRETS_DIR: folder });
    expect(await provider.resolve(newest('db-password'))).toMatchObject({ value: 'from-file' });
  });
});
