import type { ArtifactRef } from '../../../ir/artifact.ts';
import { type Digest, isDigest } from '../../../ir/digest.ts';
import { ArtifactError } from '../artifact-store.ts';
import type { Content, ContentKind } from '../cache/content-cache.ts';
import type { ContentFamily } from '../stored-content.ts';
import { type S3Place, textOfPlace } from './s3-place.ts';

const FAMILY: Readonly<Record<ContentKind, ContentFamily>> = { file: 'files', folder: 'folders' };

/** `prefix/project/files/ab/cdef…` */
export function keyOf(place: S3Place, project: string, family: ContentFamily, digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return `${folderOf(place, project, family)}${hex.slice(0, 2)}/${hex.slice(2)}`;
}

/** Before the keys of all that a project keeps of a family: `prefix/project/files/` */
export function folderOf({ prefix }: S3Place, project: string, family: ContentFamily): string {
  return [...(prefix === '' ? [] : [prefix]), project, family, ''].join('/');
}

export function uriOf(place: S3Place, project: string, { kind, digest }: Content): string {
  return `s3://${place.bucket}/${keyOf(place, project, FAMILY[kind], digest)}`;
}

/**
 * What a reference names. Its URI says whether that is a file or a folder, and must be the very place where this store
 * keeps that digest.
 *
 * @throws ArtifactError `unsafePath` for any other.
 */
export function contentOf(place: S3Place, project: string, ref: Pick<ArtifactRef, 'digest' | 'uri'>): Content {
  const { digest, uri } = ref;
  if (typeof digest !== 'string' || typeof uri !== 'string') {
    const cure = 'Give what an artifact input holds, or what a write returned.';
    throw new ArtifactError('unsafePath', `What was to be read is no artifact: it has no digest and uri. ${cure}`);
  }
  if (isDigest(digest)) {
    for (const kind of ['file', 'folder'] as const) {
      if (uriOf(place, project, { kind, digest }) === uri) return { kind, digest };
    }
  }
  throw new ArtifactError(
    'unsafePath',
    `Artifact ${digest} at ${uri} is not one of project '${project}' in ${textOfPlace(place)}: only what its put returned can be fetched. Import outside data with importArtifact; where the store is another one, set MILLRACE_ARTIFACTS to it.`,
  );
}
