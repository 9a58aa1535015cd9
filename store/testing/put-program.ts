import { ArtifactError } from '../artifacts/artifact-store.ts';
import { openFolderStore } from '../artifacts/folder-store.ts';

/** Puts one source into a folder store, and tells how it went. */
export interface PutSettings {
  readonly root: string;
  readonly source: string;
  /** Writes the source's bytes as a blob instead. */
  readonly blobBytes?: number;
}

export type PutLine = { readonly digest: string } | { readonly kind: string; readonly message: string };

const { root, source, blobBytes }: PutSettings = JSON.parse(process.argv[2] ?? '');
const tell = (line: PutLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

try {
  const store = await openFolderStore({ root, project: 'default' });
  const digest = blobBytes
    ? await store.putBlob(Buffer.alloc(blobBytes))
    : (await store.put('file', source, {})).digest;
  tell({ digest });
} catch (error) {
  tell({ kind: error instanceof ArtifactError ? error.kind : 'other', message: String(error) });
}
