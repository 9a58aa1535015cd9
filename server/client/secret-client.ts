import type { SecretVersion } from '../../store/metadata/secret-table.ts';
import type { Resealed } from '../../store/secrets/reseal.ts';
import type { MissingSecretList, SecretList } from '../schemas/secret.ts';
import type { Transport } from './transport.ts';

/** What is kept sealed. */
export interface SecretClient {
  /** Those that are stored, without their values. */
  secrets(): Promise<SecretList>;
  setSecret(name: string, value: string): Promise<SecretVersion>;
  deleteSecret(name: string): Promise<SecretList>;
  /** By the first key of the API's. */
  resealSecrets(): Promise<Resealed>;
  /** What tasks of pipelines read and workers that may get them cannot. */
  missingSecrets(): Promise<MissingSecretList>;
}

export function secretClient({ get, post, write }: Transport): SecretClient {
  const id = encodeURIComponent;
  return {
    secrets: () => get('secrets'),
    setSecret: (name, value) => write('PUT', `secrets/${id(name)}`, { value }),
    deleteSecret: (name) => write('DELETE', `secrets/${id(name)}`, {}),
    resealSecrets: () => post('reseal-secrets', {}),
    missingSecrets: () => get('missing-secrets'),
  };
}
