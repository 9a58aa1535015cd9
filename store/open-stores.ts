import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkProjectName } from '../ir/project-name.ts';
import { artifactSettings } from './artifact-settings.ts';
import type { ArtifactStore } from './artifacts/artifact-store.ts';
import type { ContentSweep, Keep } from './artifacts/stored-content.ts';
import { MetadataError, type MetadataStore } from './metadata/metadata-store.ts';
import { type PostgresSettings, postgresSettings } from './metadata/postgres/postgres-settings.ts';
import { openSqliteMetadata } from './metadata/sqlite/open-sqlite-metadata.ts';
import { type ArtifactPlace, openContent } from './open-content.ts';
import type { PayloadStore } from './payloads/payload-store.ts';
import { openSecrets, type Secrets } from './secrets/open-secrets.ts';
import { type SecretSettings, secretSettings } from './secrets/secret-settings.ts';

export interface StoreSettings {
  /** A folder on a local disk, made when it is missing: `metadata.sqlite` and `artifacts/` lie in it. */
  readonly home: string;
  readonly project: string;
  /** In place of `metadata.sqlite`. */
  readonly metadata?: PostgresSettings;
  /** The folder in the home where it is left out. */
  readonly artifacts?: ArtifactPlace;
  /** Those that are stored alone where it is left out. */
  readonly secrets?: SecretSettings;
}

export interface Stores extends Secrets {
  readonly artifacts: ArtifactStore;
  readonly metadata: MetadataStore;
  readonly payloads: PayloadStore;
  readonly sweep: ContentSweep;
  close(): Promise<void>;
}

/**
 * Where this process keeps what it makes: MILLRACE_HOME (`.millrace` in the working folder), MILLRACE_PROJECT
 * (`default`), MILLRACE_METADATA, which names a PostgreSQL database, and MILLRACE_ARTIFACTS (a folder in the home); and
 * where it gets secrets from (`secretSettings`).
 *
 * @throws RangeError for a name that no project can have, or a place that is none.
 */
export function storeSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): StoreSettings & Required<Pick<StoreSettings, 'artifacts' | 'secrets'>> {
  const metadata = postgresSettings(env);
  return {
    home: resolve(env.MILLRACE_HOME || '.millrace'),
    project: checkProjectName(env.MILLRACE_PROJECT || 'default'),
    artifacts: artifactSettings(env),
    secrets: secretSettings(env),
    ...(metadata === null ? {} : { metadata }),
  };
}

/**
 * The stores of one project.
 *
 * @param part Which process this is; a database lists its connections as `millrace-<part>`.
 * @throws RangeError for a bad project name; MetadataError or ArtifactError when what the settings name cannot be used.
 */
export async function openStores(settings: StoreSettings, part = 'tool'): Promise<Stores> {
  const { home, project, artifacts = { kind: 'folder' } } = settings;
  checkProjectName(project);
  await makeHome(home);
  const metadata = await openMetadata(settings, part);
  try {
    const keep: Keep = (contents) => metadata.condemned.keep(contents, Date.now());
    const content = await openContent({ home, project, artifacts, keep });
    const close = async () => {
      content.close();
      await metadata.close();
    };
    const { artifacts: stored, payloads, sweep } = content;
    return { artifacts: stored, metadata, payloads, sweep, ...secretsOf(settings, metadata), close };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

function secretsOf({ home, project, metadata, secrets = secretSettings({}) }: StoreSettings, store: MetadataStore) {
  return openSecrets(secrets, { home, project, table: store.secrets, isShared: metadata !== undefined });
}

async function openMetadata({ home, project, metadata }: StoreSettings, part: string): Promise<MetadataStore> {
  if (metadata === undefined) return openSqliteMetadata({ file: join(home, 'metadata.sqlite'), project });
  // Its client takes a tenth of a second to load, which nobody with a file should wait for.
  const { openPostgresMetadata } = await import('./metadata/postgres/open-postgres-metadata.ts');
  return openPostgresMetadata({ settings: metadata, project, application: `millrace-${part}` });
}

async function makeHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true });
  } catch (cause) {
    throw new MetadataError(
      'unavailable',
      `The folder ${home} cannot be made (${(cause as Error).message}). Set MILLRACE_HOME to one that this user may write.`,
      { cause },
    );
  }
}
