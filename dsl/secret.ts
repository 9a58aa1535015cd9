import type { SecretRef } from '../ir/step-contract.ts';
import { CompileError } from './compile-error.ts';

/**
 * A secret by name, for the `secrets` of a contract or call. The worker that runs the task looks its value up; it is
 * never part of the pipeline.
 *
 * @param version pins one version; without it the newest at the time of the task is meant
 * @example defineStep({ …, secrets: { DB_URL: secret('warehouse-url') } })
 */
export function secret(name: string, version?: string): SecretRef {
  if (name === '') throw new CompileError('badValue', "A secret needs a name: secret('warehouse-url').");
  return Object.freeze({ secret: name, version: version ?? null });
}
