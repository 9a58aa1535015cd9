import type { SecretRef } from './step-contract.ts';

/** Where a secret is in an environment: `MILLRACE_SECRET_<NAME>`, or `MILLRACE_SECRET_<NAME>__<VERSION>` for one version. */
export function secretVariable({ secret, version }: SecretRef): string {
  return `MILLRACE_SECRET_${plain(secret)}${version === null ? '' : `__${plain(version)}`}`;
}

function plain(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}
