import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../../ir/digest.ts';

/** What a project keeps by digest, each kind apart, in a folder as in a bucket. */
export const CONTENT_FAMILIES = ['files', 'folders', 'blobs', 'payloads'] as const;
export type ContentFamily = (typeof CONTENT_FAMILIES)[number];

export interface ContentKey {
  readonly family: ContentFamily;
  readonly digest: Digest;
}

export interface StoredContent extends ContentKey {
  readonly bytes: number;
  /** Milliseconds since the epoch, by the clock of whatever keeps it. */
  readonly storedAt: number;
}

/** All that a project keeps, to be looked through and removed: what nobody but a collection does. */
export interface ContentSweep {
  /** All of a family, a part at a time; what comes or goes meanwhile may or may not be in it. */
  list(family: ContentFamily): AsyncIterable<readonly StoredContent[]>;
  /** The files of a folder that are kept as files of their own; none where a folder is kept whole. */
  filesOf(folder: Digest): Promise<readonly Digest[]>;
  /** Each whole or not at all. What is not there is no mistake. */
  remove(contents: readonly ContentKey[]): Promise<void>;
}

/**
 * Asked before content is put, or said to be there: from then on no collection takes it that had condemned it before.
 *
 * @returns false while one of them is being removed
 */
export type Keep = (contents: readonly ContentKey[]) => Promise<boolean>;

/** Where nothing is ever collected. */
export const keepsAll: Keep = async () => true;

const LOOK_MS = 100;

/** Who puts content that is being removed waits for that: a moment, or, where the collection died in it, its lease. */
export async function untilKept(keep: Keep, contents: readonly ContentKey[]): Promise<void> {
  while (!(await keep(contents))) await delay(LOOK_MS);
}

/** A folder's manifest lies under the folder's digest, among the blobs too. */
export function keysOfArtifact(digest: Digest): readonly ContentKey[] {
  return (['files', 'folders', 'blobs'] as const).map((family) => ({ family, digest }));
}
