import { secretVariable } from '../ir/secret-variable.ts';
import type { SecretRef } from '../ir/step-contract.ts';
import { CompileError } from './compile-error.ts';

type Secrets = Readonly<Record<string, SecretRef>>;

/**
 * A command finds its secrets in variables, and so may a worker: two names that are written alike there would give one
 * value for both.
 *
 * @param known secrets by variable, of all tasks compiled together; those of this one are added
 * @throws CompileError `settings` naming both.
 */
export function checkSecrets(subject: string, secrets: Secrets, known: Map<string, SecretRef>): void {
  const names = new Map<string, string>();
  for (const [name, ref] of Object.entries(secrets)) {
    const variable = secretVariable({ secret: name, version: null });
    const other = names.get(variable) ?? name;
    if (other !== name) throw alike(subject, `its names '${other}' and '${name}' for secrets`, variable);
    names.set(variable, name);
    checkOwnName(subject, ref, known);
  }
}

function checkOwnName(subject: string, ref: SecretRef, known: Map<string, SecretRef>): void {
  const variable = secretVariable(ref);
  const other = known.get(variable) ?? ref;
  if (other.secret !== ref.secret || other.version !== ref.version) {
    throw alike(subject, `the secrets ${titleOf(other)} and ${titleOf(ref)}`, variable);
  }
  known.set(variable, ref);
}

function alike(subject: string, what: string, variable: string): CompileError {
  return new CompileError('settings', `${subject}: ${what} are one variable, ${variable}. Rename one of them.`);
}

function titleOf({ secret, version }: SecretRef): string {
  return version === null ? `'${secret}'` : `'${secret}' in version '${version}'`;
}
