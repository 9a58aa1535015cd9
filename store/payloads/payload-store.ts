import type { Digest } from '../../ir/digest.ts';

/**
 * Where a project keeps what is too large to travel through Temporal's history: inputs and outputs of tasks, lists of
 * transitions. Content by digest, written whole and durable before `put` ends, never changed, verified when read.
 *
 * Nothing here is an artifact. Temporal's histories and schedules alone refer to it, so only their end is its end: a
 * collection takes what was put before anything began that Temporal knows of.
 */
export interface PayloadStore {
  /** @throws ArtifactError `noSpace` with nothing left behind. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** @throws ArtifactError `missing` or `corrupt`, naming the place and what to do next. */
  get(digest: Digest): Promise<Uint8Array>;
}
