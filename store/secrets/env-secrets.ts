import { secretVariable } from '../../ir/secret-variable.ts';
import type { SecretProvider } from './secret-provider.ts';
import { derivedVersion } from './secret-version.ts';

const PREFIX = secretVariable({ secret: '', version: null });

/** `MILLRACE_SECRET_<NAME>`, or `MILLRACE_SECRET_<NAME>__<VERSION>` where a version is asked for. */
export function envSecrets(env: Readonly<Record<string, string | undefined>>): SecretProvider {
  return {
    cure: (ref) => `set the environment variable ${secretVariable(ref)}`,
    resolve: async (ref) => {
      const value = env[secretVariable(ref)];
      return value === undefined || value === '' ? null : { value, version: await derivedVersion(ref, value) };
    },
    holds: async () => ({
      variables: Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name] !== ''),
      keys: [],
    }),
  };
}
