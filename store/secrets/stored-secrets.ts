import { secretVariable } from '../../ir/secret-variable.ts';
import type { SecretRef } from '../../ir/step-contract.ts';
import { MetadataError } from '../metadata/metadata-store.ts';
import type { SecretTable, SecretVersion } from '../metadata/secret-table.ts';
import { opened, type Resealed, resealAll } from './reseal.ts';
import { seal } from './seal.ts';
import { type KeyPlace, keyToSeal, readKeys } from './sealing-keys.ts';
import { isSecretName, type SecretProvider } from './secret-provider.ts';

/** The secrets of a project that are kept, sealed, in its metadata: they can be set and listed, and are read by tasks alone. */
export interface StoredSecrets extends SecretProvider {
  /**
   * Keeps a value as the newest version of its secret.
   *
   * @throws SecretError without a key; MetadataError `conflict` for a name that is one variable with another's.
   */
  readonly set: (name: string, value: string, by: string) => Promise<SecretVersion>;
  /** By name, the newest version first. */
  readonly list: () => Promise<readonly SecretVersion[]>;
  /**
   * Seals every version with this process's first key, where it has another. Stopped on the way, or asked again, it does the rest.
   *
   * @throws SecretError for a version that none of the keys opens: nothing is changed then.
   */
  readonly reseal: () => Promise<Resealed>;
  /** Forgets the values of all versions. @throws MetadataError `notFound`. */
  readonly delete: (name: string, by: string) => Promise<void>;
}

export function storedSecrets(project: string, table: SecretTable, place: KeyPlace): StoredSecrets {
  return {
    cure: ({ secret, version }) =>
      version === null ? `set it with \`millrace secrets set ${secret}\`` : `ask for a version that is stored`,
    resolve: async (ref) => {
      const stored = isSecretName(ref.secret) ? await table.get(ref.secret, versionNumber(ref)) : null;
      if (stored === null) return null;
      return { value: opened(stored, project, await readKeys(place)), version: String(stored.version) };
    },
    holds: async () => ({ variables: [], keys: (await readKeys(place)).map(({ id }) => id) }),
    set: (name, value, by) => set(project, table, place, { name, value, by }),
    list: () => table.list(),
    reseal: () => resealAll(project, table, place),
    delete: (name, by) => table.delete(name, by),
  };
}

/** No version of a stored secret where it is not a number. */
function versionNumber({ version }: SecretRef): number | null {
  if (version === null) return null;
  return /^[1-9]\d{0,8}$/.test(version) ? Number(version) : 0;
}

interface NewValue {
  readonly name: string;
  readonly value: string;
  readonly by: string;
}

/** Another version may come first: then this one is the next. */
async function set(project: string, table: SecretTable, place: KeyPlace, given: NewValue): Promise<SecretVersion> {
  const { name, value, by } = given;
  await refuseAlike(table, name);
  const key = await keyToSeal(place);
  for (;;) {
    const version = (await table.lastVersion(name)) + 1;
    const sealed = seal(value, { project, name, version }, key);
    const added = await table.add({ name, version, ...sealed, setAt: Date.now(), setBy: by });
    if (added !== null) return added;
  }
}

async function refuseAlike(table: SecretTable, name: string): Promise<void> {
  const variable = secretVariable({ secret: name, version: null });
  const alike = (await table.list()).find(
    (other) => other.name !== name && secretVariable({ secret: other.name, version: null }) === variable,
  );
  if (alike === undefined) return;
  throw new MetadataError(
    'conflict',
    `The secrets '${name}' and '${alike.name}' would be one variable, ${variable}. Choose another name, or delete the other: ` +
      `millrace secrets delete ${alike.name}`,
  );
}
