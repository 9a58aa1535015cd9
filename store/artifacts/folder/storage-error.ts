import { ArtifactError } from '../artifact-store.ts';

/** A quota and a limit of file sizes stop a write as a full disk does. */
const NO_SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** A file system's error as one that callers know, where there is one; others pass as they are, with what was tried. */
export function storageError(error: unknown, tried: string): Error {
  if (error instanceof ArtifactError) return error;
  const said = error instanceof Error ? error.message : String(error);
  if (NO_SPACE.includes(codeOf(error))) {
    return new ArtifactError(
      'noSpace',
      `${tried}: there is no room (${said}). Nothing was left behind. Make room on the disk, or look for a quota or a file-size limit, and repeat.`,
      { cause: error },
    );
  }
  return new Error(`${tried}: ${said}.`, { cause: error });
}
