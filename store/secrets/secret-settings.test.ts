import { expect, it } from 'vitest';
import { openSecrets, type SecretsOf } from './open-secrets.ts';
import { secretSettings } from './secret-settings.ts';

it('the order of drivers is one setting', () => {
  expect(secretSettings({}).order).toEqual(['env', 'files', 'store']);
  expect(secretSettings({ MILLRACE_SECRETS: 'store, env' }).order).toEqual(['store', 'env']);
});

it.each([
  [{ MILLRACE_SECRETS: 'env,vault' }, 'it names drivers, each once'],
  [{ MILLRACE_SECRETS: 'env,env' }, 'it names drivers, each once'],
  [{ MILLRACE_SECRETS: 'files' }, 'MILLRACE_SECRETS_DIR does not say'],
  [{ MILLRACE_SECRETS_KEY: 'a', MILLRACE_SECRETS_KEY_FILE: 'b' }, 'leave one of them out'],
])('%j is refused', (env, why) => {
  expect(() => secretSettings(env)).toThrow(why);
});

it('only drivers that are named are asked', async () => {
  const env = { MILLRACE_SECRET_K: 'v', MILLRACE_SECRETS: 'store' };
  const table: SecretsOf['table'] = {
    ...{ get: async () => null, lastVersion: async () => 0, add: async () => null, list: async () => [] },
    ...{ all: async () => [], reseal: async () => undefined, delete: async () => undefined },
  };
  const of: SecretsOf = { home: '/nowhere', project: 'default', table, isShared: true };
  const ref = { secret: 'k', version: null };
  expect(await openSecrets(secretSettings(env), of).secrets.resolve(ref)).toBeNull();
  expect(await openSecrets(secretSettings({ MILLRACE_SECRET_K: 'v' }), of).secrets.resolve(ref)).toMatchObject({
    value: 'v',
  });
});
