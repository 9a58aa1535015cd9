import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfBytes } from '../../ir/digest.ts';
import { checkProjectName } from '../../ir/project-name.ts';
import { type BlobWords, getBlob, putBlob } from '../artifacts/folder/blobs.ts';
import { layoutOf } from '../artifacts/folder/layout.ts';
import { storageError } from '../artifacts/folder/storage-error.ts';
import type { FolderStoreOptions } from '../artifacts/folder-store.ts';
import { keepsAll, untilKept } from '../artifacts/stored-content.ts';
import type { PayloadStore } from './payload-store.ts';

const WORDS: BlobWords = {
  name: 'Payload',
  whenMissing: 'Restore it, see that all workers have the same MILLRACE_HOME, or run the pipeline again.',
  whenChanged: 'Restore it from a backup, or run the pipeline again.',
};

/** Payloads in `<root>/<project>/payloads`, beside the artifacts of the same root. Several processes may write at once. */
export async function openFolderPayloads(options: FolderStoreOptions): Promise<PayloadStore> {
  const { root, project, keep = keepsAll } = options;
  checkProjectName(project);
  const folders = await makeFolders(join(root, project));
  const at = { blobs: folders.payloads, incoming: folders.incoming };
  return {
    put: async (bytes) => {
      await untilKept(keep, [{ family: 'payloads', digest: digestOfBytes(bytes) }]);
      return putBlob(at, bytes, WORDS);
    },
    get: (digest) => getBlob(at, digest, WORDS),
  };
}

async function makeFolders(folder: string) {
  try {
    await mkdir(folder, { recursive: true });
    const layout = layoutOf(await realpath(folder));
    await mkdir(layout.payloads, { recursive: true });
    await mkdir(layout.incoming, { recursive: true });
    return layout;
  } catch (error) {
    throw storageError(error, `The payload folder in ${folder} cannot be made`);
  }
}
