import { expect, it } from 'vitest';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import { fileSecrets } from '../../store/secrets/file-secrets.ts';
import { firstOf, SecretError, type SecretProvider } from '../../store/secrets/secret-provider.ts';
import { secretsOfTask } from './secrets.ts';

const newest = (secret: string) => ({ secret, version: null });

it('a task gets its secrets by the names that its step uses', async () => {
  const provider = envSecrets({ MILLRACE_SECRET_DB_PASSWORD: 'one', MILLRACE_SECRET_OTHER: 'two' });
  expect(await secretsOfTask({ pass: newest('db-password') }, provider, 'w1')).toEqual({ pass: 'one' });
});

it('one that the worker does not have is told with the cure', async () => {
  const provider = firstOf([envSecrets({}), fileSecrets('/run/secrets-of-nobody')]);
  const missing = secretsOfTask({ key: newest('api-key') }, provider, 'w1');
  await expect(missing).rejects.toMatchObject({ failureKind: 'environment', name: 'SecretMissing', retryable: false });
  await expect(missing).rejects.toThrow(
    'set the environment variable MILLRACE_SECRET_API_KEY, or write it to the file',
  );
});

it('one that it has and cannot read fails the task for good', async () => {
  const sealed: SecretProvider = {
    ...envSecrets({}),
    resolve: async () => {
      throw new SecretError('It was sealed with another key.');
    },
  };
  await expect(secretsOfTask({ key: newest('api-key') }, sealed, 'w1')).rejects.toMatchObject({
    ...{ failureKind: 'environment', name: 'SecretUnreadable', retryable: false },
    message: 'Worker w1: It was sealed with another key.',
  });
});
