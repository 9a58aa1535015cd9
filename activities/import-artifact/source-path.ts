import { cp, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '../../data/index.ts';
import { foreignScheme } from '../../ir/foreign-scheme.ts';

/**
 * The local path that a URI names: `file:///…`, or a path relative to where the worker runs.
 *
 * @throws DataError `unreadable` for another kind of URI, or when nothing is there.
 */
export async function sourcePath(uri: string): Promise<string> {
  if (foreignScheme(uri) !== null) {
    throw new DataError('unreadable', `${uri} cannot be imported: this version reads file:// URIs and paths only.`);
  }
  const isUri = /^file:/i.test(uri);
  const path = isUri ? fileURLToPath(uri) : resolve(uri);
  const found = await stat(path).catch(() => null);
  if (!found) {
    const cure =
      isUri || path === uri
        ? 'Correct the path.'
        : 'A relative path begins where the worker runs: give an absolute one, or say ' +
          ".meta({ format: 'path' }) of the parameter, so that it begins where the run is started.";
    throw new DataError('unreadable', `There is nothing to import at ${path}. ${cure}`);
  }
  return path;
}

/**
 * Copies a file or folder from outside. Links become what they point to, as the source's fingerprint reads them: a
 * store keeps content only, and what a link names may be gone tomorrow.
 */
export async function copySource(source: string, target: string): Promise<void> {
  await cp(source, target, { recursive: true, dereference: true });
}
