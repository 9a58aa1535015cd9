import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envSecrets } from './env-secrets.ts';
import { fileSecrets } from './file-secrets.ts';
import { firstOf } from './secret-provider.ts';

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
    expect(await provider.holds()).toEqual({
      variables: ['MILLRACE_SECRET_DB_PASSWORD', 'MILLRACE_SECRET_DB_PASSWORD__V2'],
      keys: [],
    });
  });

  it('come from files, without the line break at their end', async () => {
    const provider = fileSecrets(folder);
    expect(await provider.resolve(newest('db-password'))).toMatchObject({ value: 'from-file' });
    expect(await provider.resolve({ secret: 'db-password', version: '2' })).toEqual({ value: 'second', version: '2' });
    expect([...(await provider.holds()).variables].sort()).toEqual([
      'MILLRACE_SECRET_DB_PASSWORD',
      'MILLRACE_SECRET_DB_PASSWORD__2',
    ]);
  });

  it.each([newest('../etc/passwd'), newest('..data'), { secret: 'db-password', version: '/../db-password' }])(
    'are looked for in no file outside their folder: %j',
    async (ref) => {
      expect(await fileSecrets(folder).resolve(ref)).toBeNull();
    },
  );

  it('come from a mount of Kubernetes, which changes as a whole', async () => {
    const mount = await mkdtemp(join(tmpdir(), 'millrace-mount-'));
    const show = async (version: string) => {
      await mkdir(join(mount, `..${version}`));
      await writeFile(join(mount, `..${version}`, 'api-key'), `key of ${version}`);
      await symlink(`..${version}`, join(mount, '..data_tmp'));
      await rename(join(mount, '..data_tmp'), join(mount, '..data'));
    };
    await show('monday');
    await symlink(join('..data', 'api-key'), join(mount, 'api-key'));
    const provider = fileSecrets(mount);
    const before = await provider.resolve(newest('api-key'));
    await show('tuesday');
    const after = await provider.resolve(newest('api-key'));
    expect([before?.value, after?.value]).toEqual(['key of monday', 'key of tuesday']);
    expect(after?.version).not.toBe(before?.version);
    expect(await provider.holds()).toEqual({ variables: ['MILLRACE_SECRET_API_KEY'], keys: [] });
    await rm(mount, { recursive: true });
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

  it('are looked for in one place after the other', async () => {
    const [env, files] = [envSecrets({ MILLRACE_SECRET_DB_PASSWORD: 'from-env' }), fileSecrets(folder)];
    expect(await firstOf([env, files]).resolve(newest('db-password'))).toMatchObject({ value: 'from-env' });
    expect(await firstOf([files, env]).resolve(newest('db-password'))).toMatchObject({ value: 'from-file' });
    expect(await firstOf([]).resolve(newest('db-password'))).toBeNull();
  });
});
