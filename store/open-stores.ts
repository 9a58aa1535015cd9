import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkProjectName } from '../ir/project-name.ts';
import { artifactSettings } from './artifact-settings.ts';
import type { ArtifactStore } from './artifacts/artifact-store.ts';
import { MetadataError, type MetadataStore } from './metadata/metadata-store.ts';
import { openSqliteMetadata } from './metadata/sqlite/open-sqlite-metadata.ts';
import { type ArtifactPlace, openContent } from './open-content.ts';
import type { PayloadStore } from './payloads/payload-store.ts';

export interface StoreSettings {
  /** A folder on a local disk, made when it is missing: `metadata.sqlite` and `artifacts/` lie in it. */
  readonly home: string;
  readonly project: string;
  /** The folder in the home where it is left out. */
  readonly artifacts?: ArtifactPlace;
}

export interface Stores {
  readonly artifacts: ArtifactStore;
  readonly metadata: MetadataStore;
  readonly payloads: PayloadStore;
  close(): Promise<void>;
}

/**
 * Where this process keeps what it makes: MILLRACE_HOME (`.millrace` in the working folder), MILLRACE_PROJECT
 * (`default`) and MILLRACE_ARTIFACTS (a folder in the home).
 *
 * @throws RangeError for a name that no project can have, or a place that is none.
 */
export function storeSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Required<StoreSettings> {
  return {
    home: resolve(env.MILLRACE_HOME || '.millrace'),
    project: checkProjectName(env.MILLRACE_PROJECT || 'default'),
    artifacts: artifactSettings(env),
  };
}

/**
 * The stores of one project.
 *
 * @throws RangeError for a bad project name; MetadataError or ArtifactError when what they name cannot be used.
 */
export async function openStores({ home, project, artifacts = { kind: 'folder' } }: StoreSettings): Promise<Stores> {
  checkProjectName(project);
  await makeHome(home);
  const metadata = await openSqliteMetadata({ file: join(home, 'metadata.sqlite'), project });
  try {
    const content = await openContent({ home, project, artifacts });
    const close = async () => {
      content.close();
      await metadata.close();
    };
    return { artifacts: content.artifacts, metadata, payloads: content.payloads, close };
  } catch (error) {
    await metadata.close();
    throw error;
  }
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
