import { isPassing } from './artifacts/artifact-store.ts';
import { MetadataError } from './metadata/metadata-store.ts';

/** Whether a store cannot be used just now: what was asked of it may be asked again later. */
export function isStoreAway(error: unknown): error is Error {
  if (isPassing(error)) return true;
  return error instanceof MetadataError && (error.kind === 'unavailable' || error.kind === 'noSpace');
}
