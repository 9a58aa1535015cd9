import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretVariable } from '../../ir/secret-variable.ts';
import type { SecretRef } from '../../ir/step-contract.ts';
import { isSecretName, SecretError, type SecretProvider } from './secret-provider.ts';
import { derivedVersion } from './secret-version.ts';

/**
 * One file a secret: `<folder>/<name>`, or `<folder>/<name>@<version>`. Docker and Kubernetes mount secrets so. A file is read
 * anew each time: Kubernetes changes what its mount shows by moving one link (`..data`), so that a read has the old value
 * or the new one.
 */
export function fileSecrets(folder: string): SecretProvider {
  return {
    cure: (ref) => `write it to the file ${join(folder, fileOf(ref))}`,
    resolve: async (ref) => {
      if (!isSecretName(ref.secret) || !isSecretName(ref.version ?? '0')) return null;
      const text = await readSecret(join(folder, fileOf(ref)), ref);
      // Editors and `echo` end a file with a line break that is no part of the secret.
      const value = text.replace(/\r?\n$/, '');
      return value === '' ? null : { value, version: await derivedVersion(ref, value) };
    },
    holds: async () => ({ variables: (await namesIn(folder)).map(secretVariable), keys: [] }),
  };
}

function fileOf(ref: SecretRef): string {
  return ref.version === null ? ref.secret : `${ref.secret}@${ref.version}`;
}

async function readSecret(file: string, { secret }: SecretRef): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return '';
    throw new SecretError(`Secret '${secret}' lies in ${file}, which cannot be read (${code}): let this user read it.`);
  }
}

async function namesIn(folder: string): Promise<readonly SecretRef[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.flatMap((name) => {
    const [secret = '', version = null] = name.split('@');
    return isSecretName(secret) ? [{ secret, version }] : [];
  });
}
