import type { ArtifactKind, ArtifactRef } from '../../ir/artifact.ts';
import type { Digest } from '../../ir/digest.ts';
import type { JsonObject } from '../../ir/json.ts';

/**
 * Content by digest: artifacts of tasks, and blobs (compiled pipelines, code bundles, pieces of logs). What is written
 * is complete or absent, is never changed, and is verified when read. One store serves one project; nothing is shared
 * across projects.
 */
export interface ArtifactStore {
  readonly project: string;

  /**
   * Takes a finished file or folder in. The source is left alone where it lies, but for what lies in a folder that
   * `scratch` gave: that may be moved away. Equal content is stored once.
   * A folder's digest is that of its manifest: canonical JSON of `[{ path, digest, size }]`, sorted by path.
   *
   * @throws ArtifactError `noSpace` with nothing left behind, `unsafePath` for links and paths out of the folder.
   */
  put<K extends ArtifactKind>(kind: K, source: string, metadata: JsonObject): Promise<ArtifactRef<K>>;

  /**
   * A local path where the content lies, read-only, verified against its digest (once for each process and content).
   * It stays there until the signal fires, or else for as long as this process lives: what lies elsewhere is fetched into
   * a cache, which may need the room.
   *
   * @throws ArtifactError `missing` or `corrupt`, naming the artifact and what to do next.
   */
  fetch(ref: Pick<ArtifactRef, 'digest' | 'uri'>, until?: AbortSignal): Promise<string>;

  /** Whether the content is there, without reading it. */
  exists(ref: Pick<ArtifactRef, 'digest' | 'uri'>): Promise<boolean>;

  putBlob(bytes: Uint8Array): Promise<Digest>;
  /** @throws ArtifactError `missing` or `corrupt`. */
  getBlob(digest: Digest): Promise<Uint8Array>;
  /** Whether `getBlob` would give it: what is damaged is read and found so, and putting it again mends it. */
  hasBlob(digest: Digest): Promise<boolean>;

  /**
   * Where a folder may be made that nobody else is given, on the same file system as the store, so that taking a file in
   * is a rename or a link. It is not made: most tasks need none, and a folder costs more than a path.
   */
  scratch(): string;
}

/** `unavailable`: the store cannot be reached, or refuses; nothing is said of what it holds. */
export type ArtifactErrorKind = 'missing' | 'corrupt' | 'noSpace' | 'unsafePath' | 'unavailable';

export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly kind: ArtifactErrorKind;

  constructor(kind: ArtifactErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Whether the store cannot be used just now: another worker, or the same one later, may have more luck. */
export function isPassing(error: unknown): boolean {
  return error instanceof ArtifactError && (error.kind === 'noSpace' || error.kind === 'unavailable');
}
