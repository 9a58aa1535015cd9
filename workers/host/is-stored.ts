import type { ArtifactRef } from '../../ir/artifact.ts';
import { ArtifactError, type ArtifactStore, isPassing } from '../../store/artifacts/artifact-store.ts';

/**
 * Whether the store has an artifact. A reference to another place than the store's (its home may have been moved) is
 * refused by the store; here that is no different from a missing one.
 */
export function isStored(ref: ArtifactRef, artifacts: ArtifactStore): Promise<boolean> {
  return artifacts.exists(ref).catch((error: unknown) => {
    if (error instanceof ArtifactError && !isPassing(error)) return false;
    throw error;
  });
}
