import { type Digest, digestsIn } from '../../ir/digest.ts';
import { ArtifactError } from '../../store/artifacts/artifact-store.ts';
import type { RetentionCuts } from '../../store/metadata/retention-table.ts';
import type { ServerContext } from '../server-context.ts';

/** Folders and pipelines that are read at once. */
const AT_ONCE = 16;

/**
 * Everything that must stay, whatever kind of content it is: what the rows refer to, the code of their pipelines, and the
 * files of every folder that is there. A folder's files go in a later collection than the folder, so that one that is
 * acquitted is whole.
 */
export async function neededContent(context: ServerContext, cuts: RetentionCuts): Promise<ReadonlySet<Digest>> {
  const { digests, compiled } = await context.metadata.retention.needed(cuts);
  const needed = new Set([...digests, ...compiled]);
  const add = (found: readonly Digest[]) => {
    for (const digest of found) needed.add(digest);
  };
  for (let start = 0; start < compiled.length; start += AT_ONCE) {
    const parts = compiled.slice(start, start + AT_ONCE).map((digest) => codeOf(context, digest));
    for (const part of await Promise.all(parts)) add(part);
  }
  for await (const folders of context.sweep.list('folders')) {
    for (let start = 0; start < folders.length; start += AT_ONCE) {
      const parts = folders.slice(start, start + AT_ONCE).map(({ digest }) => context.sweep.filesOf(digest));
      for (const part of await Promise.all(parts)) add(part);
    }
  }
  return needed;
}

/** Packages, bundles, files and source maps that a compiled pipeline names. One that is lost or damaged names nothing. */
async function codeOf({ artifacts }: ServerContext, compiled: Digest): Promise<readonly Digest[]> {
  try {
    return digestsIn(new TextDecoder().decode(await artifacts.getBlob(compiled)));
  } catch (error) {
    if (error instanceof ArtifactError && (error.kind === 'missing' || error.kind === 'corrupt')) return [];
    throw error;
  }
}
