import { join } from 'node:path';
import type { SecretTable } from '../metadata/secret-table.ts';
import { envSecrets } from './env-secrets.ts';
import { fileSecrets } from './file-secrets.ts';
import type { KeyPlace } from './sealing-keys.ts';
import { firstOf, type SecretProvider } from './secret-provider.ts';
import type { SecretSettings } from './secret-settings.ts';
import { type StoredSecrets, storedSecrets } from './stored-secrets.ts';

/** Of one process: where it gets secrets from, in the order that its settings say, and those that are stored by themselves. */
export interface Secrets {
  readonly secrets: SecretProvider;
  readonly storedSecrets: StoredSecrets;
}

export interface SecretsOf {
  readonly home: string;
  readonly project: string;
  readonly table: SecretTable;
  /** Whether processes of other homes use the same store. */
  readonly isShared: boolean;
}

export function openSecrets(settings: SecretSettings, { home, project, table, isShared }: SecretsOf): Secrets {
  const stored = storedSecrets(project, table, keyPlace(settings, home, isShared));
  const { folder } = settings;
  const drivers = {
    env: () => [envSecrets(settings.variables)],
    files: () => (folder === null ? [] : [fileSecrets(folder)]),
    store: () => [stored],
  };
  return { secrets: firstOf(settings.order.flatMap((driver) => drivers[driver]())), storedSecrets: stored };
}

function keyPlace({ key, keyFile }: SecretSettings, home: string, isShared: boolean): KeyPlace {
  if (key !== null) return { kind: 'text', text: key };
  if (keyFile !== null) return { kind: 'file', path: keyFile };
  return isShared ? { kind: 'none' } : { kind: 'home', path: join(home, 'secrets.key') };
}
