import { SECRET_MISSING, SECRET_UNREADABLE } from '../../ir/protocol/task-failure.ts';
import type { SecretRef } from '../../ir/step-contract.ts';
import { type Secret, SecretError, type SecretProvider } from '../../store/secrets/secret-provider.ts';
import { KnownFailure } from './error-report.ts';

/**
 * The values of a task's secrets by the names that its step uses.
 *
 * @throws KnownFailure of kind `environment` for one that the worker does not have, or cannot read.
 */
export async function secretsOfTask(
  refs: Readonly<Record<string, SecretRef>>,
  provider: SecretProvider,
  worker: string,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for (const [name, ref] of Object.entries(refs)) {
    const secret = await readable(ref, provider, worker);
    if (!secret) {
      const message = `Worker ${worker} has no secret '${ref.secret}': ${provider.cure(ref)}.`;
      throw new KnownFailure('environment', SECRET_MISSING, message, false);
    }
    values[name] = secret.value;
  }
  return values;
}

async function readable(ref: SecretRef, provider: SecretProvider, worker: string): Promise<Secret | null> {
  try {
    return await provider.resolve(ref);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new KnownFailure('environment', SECRET_UNREADABLE, `Worker ${worker}: ${error.message}`, false);
  }
}
