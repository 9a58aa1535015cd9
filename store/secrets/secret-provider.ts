import { secretVariable } from '../../ir/secret-variable.ts';
import type { SecretRef } from '../../ir/step-contract.ts';

export interface Secret {
  readonly value: string;
  /** Changes when the value does, and tells nothing of it. Joins cache keys. */
  readonly version: string;
}

/** Which secrets a process can have, without their values. */
export interface SecretHoldings {
  /** Those that it lists, as `secretVariable` writes them. */
  readonly variables: readonly string[];
  /** The keys by which it opens what is stored. */
  readonly keys: readonly string[];
}

/** Where a process gets secrets from. */
export interface SecretProvider {
  /** For people: what to do so that this provider has the secret. */
  readonly cure: (ref: SecretRef) => string;
  /** @returns null when it has no such secret. @throws SecretError for one that it has and cannot read. */
  readonly resolve: (ref: SecretRef) => Promise<Secret | null>;
  readonly holds: () => Promise<SecretHoldings>;
}

/** A secret, or the key of those that are stored, that cannot be used. The message has no value, and says what to do. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Whether a secret can be kept under a name; only such are looked for in files and in the store. */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
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
    holds: async () => {
      const all = await Promise.all(providers.map((provider) => provider.holds()));
      return {
        variables: [...new Set(all.flatMap(({ variables }) => variables))].sort(),
        keys: all.flatMap(({ keys }) => keys),
      };
    },
  };
}

/** Whether who holds this can read a secret; `keyOf` says by which key its stored value was sealed, null for none. */
export function isHeld(holdings: SecretHoldings, ref: SecretRef, keyOf: (ref: SecretRef) => string | null): boolean {
  if (holdings.variables.includes(secretVariable(ref))) return true;
  const key = keyOf(ref);
  return key !== null && holdings.keys.includes(key);
}
