import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ArtifactKind, ArtifactRef } from '../../ir/artifact.ts';
import { type Digest, digestOfBytes } from '../../ir/digest.ts';
import type { JsonObject } from '../../ir/json.ts';
import { checkProjectName } from '../../ir/project-name.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { getBlob, hasBlob, putBlob } from './folder/blobs.ts';
import { contentPath, type FolderLayout, makeLayout } from './folder/layout.ts';
import { removeLeftovers, temporaryName } from './folder/leftovers.ts';
import { takeIn } from './folder/take-in.ts';
import { VerifiedContent } from './folder/verified-content.ts';
import { type Keep, keepsAll, keysOfArtifact, untilKept } from './stored-content.ts';

export interface FolderStoreOptions {
  /** A folder on a local disk, made when it is missing. Each project has a folder in it. */
  readonly root: string;
  readonly project: string;
  readonly keep?: Keep;
}

/**
 * Artifacts in a folder: `files/`, `folders/` and `blobs/`, sharded by the first two digits of the digest, under
 * `<root>/<project>`. Several processes may write to it at once.
 *
 * A file or folder that lies in a `scratch()` folder of this store is moved in and gone from there; anything else is
 * copied, for a link would let a later write to the source change what is stored.
 */
export async function openFolderStore({ root, project, keep = keepsAll }: FolderStoreOptions): Promise<ArtifactStore> {
  checkProjectName(project);
  const layout = await makeLayout(root, project);
  await removeLeftovers([layout.incoming, layout.scratch]);
  const verified = new VerifiedContent();
  return {
    project,
    put: (kind, source, metadata) => put({ layout, verified, keep }, kind, source, metadata),
    fetch: async (ref) => {
      const path = contentPath(layout, ref);
      await verified.check(path, ref.digest as Digest);
      return path;
    },
    exists: async (ref) => {
      const path = contentPath(layout, ref);
      return (await keep(keysOfArtifact(ref.digest as Digest))) && (await verified.exists(path));
    },
    putBlob: async (bytes) => {
      await untilKept(keep, [{ family: 'blobs', digest: digestOfBytes(bytes) }]);
      return putBlob(layout, bytes);
    },
    getBlob: (digest) => getBlob(layout, digest),
    hasBlob: async (digest) => (await keep([{ family: 'blobs', digest }])) && (await hasBlob(layout, digest)),
    scratch: () => join(layout.scratch, temporaryName()),
  };
}

interface FolderStore {
  readonly layout: FolderLayout;
  readonly verified: VerifiedContent;
  readonly keep: Keep;
}

async function put<K extends ArtifactKind>(
  { layout, verified, keep }: FolderStore,
  kind: K,
  source: string,
  metadata: JsonObject,
): Promise<ArtifactRef<K>> {
  const { path, digest, size } = await takeIn(layout, verified, source, (arriving) =>
    untilKept(keep, keysOfArtifact(arriving)),
  );
  return { artifact: kind, digest, uri: pathToFileURL(path).href, size, metadata };
}
