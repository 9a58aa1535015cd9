import { statSync } from 'node:fs';
import { join } from 'node:path';
import { materialise } from '../../code/load-package.ts';
import type { CodePackage } from '../../ir/compiled-pipeline.ts';
import type { Digest } from '../../ir/digest.ts';
import type { TaskHostSettings } from './task-host-settings.ts';

/** A code package that lies unpacked on this machine. */
export interface UnpackedCode {
  readonly folder: string;
  readonly package: CodePackage;
}

interface Remembered extends UnpackedCode {
  readonly print: string;
}

/** A pipeline has dozens of packages at most; a worker meets many pipelines. */
const MAX_REMEMBERED = 1_000;

/**
 * Brings packages to this machine's cache folder. Reading and digesting a package for every task would cost more than
 * a short task does: one that is a bundle alone, which whoever loads it digests anyway, is looked at only by its file's
 * size and times once it was found whole.
 */
export function codeFolders(settings: TaskHostSettings): (digest: string) => Promise<UnpackedCode> {
  const known = new Map<string, Remembered>();
  return async (digest) => {
    const found = known.get(digest);
    if (found && printOf(found.folder) === found.print) return found;
    const manifest = await settings.getPackage(digest);
    const getBlob = (blob: string) => settings.artifacts.getBlob(blob as Digest);
    const unpacked = { folder: await materialise(manifest, getBlob, settings.cacheFolder), package: manifest };
    const print = printOf(unpacked.folder);
    if (print === null || Object.keys(manifest.files).length > 0) return unpacked;
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(digest, { ...unpacked, print });
    return unpacked;
  };
}

/** Null where there is no bundle. */
function printOf(folder: string): string | null {
  const found = statSync(join(folder, 'bundle.cjs'), { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}` : null;
}
