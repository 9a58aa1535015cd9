import { createHmac, randomBytes, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SECRET_MISSING } from '../../ir/protocol/task-failure.ts';
import { secretVariable } from '../../ir/secret-variable.ts';
import type { SecretRef } from '../../ir/step-contract.ts';
import { KnownFailure } from './error-report.ts';

interface Secret {
  readonly value: string;
  /** Changes when the value does, and tells nothing of it. Joins cache keys. */
  readonly version: string;
}

/** Where a worker gets secrets from. */
export interface SecretProvider {
  /** For people: what to do so that this provider has the secret. */
  readonly cure: (ref: SecretRef) => string;
  /** @returns null when it has no such secret. */
  readonly resolve: (ref: SecretRef) => Promise<Secret | null>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const derive = promisify<string, string, number, Buffer>(scrypt);

/** `MILLRACE_SECRET_<NAME>`, or `MILLRACE_SECRET_<NAME>__<VERSION>` where a version is asked for. */
export function envSecrets(env: Readonly<Record<string, string | undefined>>): SecretProvider {
  return {
    cure: (ref) => `set the environment variable ${secretVariable(ref)}`,
    resolve: async (ref) => {
      const value = env[secretVariable(ref)];
      return value === undefined || value === '' ? null : { value, version: await versionOf(ref, value) };
    },
  };
}

/** One file a secret, as Kubernetes and Docker mount them: `<folder>/<name>`, or `<folder>/<name>@<version>`. */
export function fileSecrets(folder: string): SecretProvider {
  return {
    cure: (ref) => `write it to the file ${join(folder, fileOf(ref))}`,
    resolve: async (ref) => {
      if (!NAME.test(ref.secret)) return null;
      const text = await readFile(join(folder, fileOf(ref)), 'utf8').catch(() => '');
      // Editors and `echo` end a file with a line break that is no part of the secret.
      const value = text.replace(/\r?\n$/, '');
      return value === '' ? null : { value, version: await versionOf(ref, value) };
    },
  };
}

/** Asks one provider after the other. */
export function firstOf(providers: readonly SecretProvider[]): SecretProvider {
  return {
    cure: (ref) => providers.map((provider) => provider.cure(ref)).join(', or '),
    resolve: async (ref) => {
      for (const provider of providers) {
        const secret = await provider.resolve(ref);
        if (secret) return secret;
      }
      return null;
    },
  };
}

/** The environment first, then the folder that `MILLRACE_SECRETS_DIR` names. */
export function secretsFromEnvironment(env: Readonly<Record<string, string | undefined>>): SecretProvider {
  const folder = env.MILLRACE_SECRETS_DIR;
  return folder ? firstOf([envSecrets(env), fileSecrets(folder)]) : envSecrets(env);
}

function fileOf(ref: SecretRef): string {
  return ref.version === null ? ref.secret : `${ref.secret}@${ref.version}`;
}

/** What has been derived, by a digest of secret and value that means nothing outside this process. */
const versions = new Map<string, Promise<Buffer>>();
const MOST_VERSIONS = 1_000;
const processKey = randomBytes(32);

/** Slow to derive on purpose: versions are kept with cache entries, and a short secret must not be guessed from one. */
async function versionOf(ref: SecretRef, value: string): Promise<string> {
  if (ref.version !== null) return ref.version;
  const memo = createHmac('sha256', processKey).update(`${ref.secret}\0${value}`).digest('base64');
  if (versions.size >= MOST_VERSIONS) versions.clear();
  const derived = versions.get(memo) ?? derive(value, `millrace secret ${ref.secret}`, 8);
  versions.set(memo, derived);
  return (await derived).toString('hex');
}

/**
 * The values of a task's secrets by the names that its step uses.
 *
 * @throws KnownFailure of kind `environment` for one that the worker does not have.
 */
export async function secretsOfTask(
  refs: Readonly<Record<string, SecretRef>>,
  provider: SecretProvider,
  worker: string,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const [name, ref] of Object.entries(refs)) {
    const secret = await provider.resolve(ref);
    if (!secret) {
      const message = `Worker ${worker} has no secret '${ref.secret}': ${provider.cure(ref)}.`;
      throw new KnownFailure('environment', SECRET_MISSING, message, false);
    }
    values[name] = secret.value;
  }
  return values;
}
