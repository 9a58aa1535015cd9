import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StepDefinition } from '../dsl/index.ts';
import { isStep } from '../dsl/index.ts';
import { reasonNotToRun } from '../ir/code-fits.ts';
import type { CodePackage } from '../ir/compiled-pipeline.ts';
import { type Digest, digestOfBytes, isDigest } from '../ir/digest.ts';
import { digestOfPackage } from '../ir/package-digest.ts';
import { EnvironmentError } from './environment-error.ts';
import { evaluateCommonJs } from './evaluate-common-js.ts';
import { installedExternals, packageNameOf } from './externals.ts';
import { resolveFromMillrace } from './installation.ts';
import { restrictedRequire } from './restricted-require.ts';

const BUNDLE = 'bundle.cjs';
const FILES = 'files';

/**
 * Lays a package out in the cache: a folder with `bundle.cjs` and `files/`, named by the package's digest. It appears
 * whole or not at all, however many processes do this at once, and its content is compared with the digests each time.
 *
 * @returns the folder.
 * @throws EnvironmentError when a blob is not what its digest says, or the manifest is not.
 */
export async function materialise(
  pkg: CodePackage,
  getBlob: (digest: Digest) => Promise<Uint8Array>,
  cacheFolder: string,
): Promise<string> {
  const contents = contentsOf(pkg);
  const folder = join(cacheFolder, pkg.digest.replace(':', '-'));
  if (await isWhole(folder, contents)) return folder;
  const temporary = join(cacheFolder, `.new-${randomUUID()}`);
  try {
    for (const [path, digest] of contents) await writeBlob(join(temporary, path), digest, getBlob);
    await mkdir(temporary, { recursive: true });
    await moveIntoPlace(temporary, folder, contents);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Evaluates a package's bundle in this process. Each call gives a step of its own, so that two versions of one step
 * live side by side.
 *
 * @throws EnvironmentError when the bundle was changed, or this installation lacks what it needs.
 */
export function loadStep(folder: string, pkg: CodePackage): StepDefinition {
  if (pkg.bundle === null)
    throw new EnvironmentError(`Package ${pkg.digest} is a command alone: it has no bundle to load.`);
  const reason = reasonNotToRun(pkg, installedExternals(), `this worker (${hostname()})`);
  if (reason !== null) throw new EnvironmentError(reason);
  const file = join(folder, BUNDLE);
  const bytes = readFileSync(file);
  if (digestOfBytes(bytes) !== pkg.bundle.digest) throw new EnvironmentError(changed(file));
  const exports = evaluate(bytes.toString('utf8'), file, pkg);
  if (isStep(exports.default)) return exports.default;
  throw new EnvironmentError(`Package ${pkg.digest} holds no step: compile the pipeline again.`);
}

function evaluate(text: string, file: string, pkg: CodePackage): Record<string, unknown> {
  try {
    return evaluateCommonJs(text, file, {
      require: requireFor(pkg),
      folder: dirname(file),
      moduleUrl: pathToFileURL(file).href,
    });
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    const message = `The step's code failed while it was loaded, before its handler ran: ${String(error)}`;
    throw new EnvironmentError(message, { cause: error });
  }
}

/** Only what the manifest names, in Millrace's own copy: a cache folder has no packages around it. */
function requireFor(pkg: CodePackage): (specifier: string) => unknown {
  return restrictedRequire((specifier) => {
    const name = packageNameOf(specifier);
    return name === 'millrace' || (name !== null && name in pkg.externals) ? resolveFromMillrace(specifier) : null;
  });
}

function contentsOf(pkg: CodePackage): ReadonlyMap<string, Digest> {
  if (digestOfPackage(pkg) !== pkg.digest) {
    throw new EnvironmentError(`The manifest of package ${pkg.digest} was changed: submit the pipeline again.`);
  }
  const contents = new Map<string, Digest>();
  const entries = Object.entries(pkg.files).map(([path, digest]) => [`${FILES}/${path}`, digest] as const);
  for (const [path, digest] of pkg.bundle === null ? entries : [[BUNDLE, pkg.bundle.digest] as const, ...entries]) {
    if (
      !isDigest(digest) ||
      path.includes('\\') ||
      path.split('/').some((part) => part === '' || part === '.' || part === '..')
    ) {
      throw new EnvironmentError(
        `Package ${pkg.digest} has a file '${path}' that no package may have: submit it again.`,
      );
    }
    contents.set(path, digest);
  }
  return contents;
}

async function isWhole(folder: string, contents: ReadonlyMap<string, Digest>): Promise<boolean> {
  for (const [path, digest] of contents) {
    const bytes = await readFile(join(folder, path)).catch(() => null);
    if (bytes === null || digestOfBytes(bytes) !== digest) return false;
  }
  return contents.size > 0;
}

async function writeBlob(
  file: string,
  digest: Digest,
  getBlob: (digest: Digest) => Promise<Uint8Array>,
): Promise<void> {
  const bytes = await getBlob(digest);
  if (digestOfBytes(bytes) !== digest) throw new EnvironmentError(changed(`The blob ${digest}`));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
  // A manifest has no modes; a script says by its first bytes that it can be run.
  if (bytes[0] === 0x23 && bytes[1] === 0x21) await chmod(file, 0o755);
}

async function moveIntoPlace(temporary: string, folder: string, contents: ReadonlyMap<string, Digest>): Promise<void> {
  for (;;) {
    try {
      return await rename(temporary, folder);
    } catch (error) {
      if (await isWhole(folder, contents)) return;
      // Something is there and it is not the package: out of the way with it, under a name that nobody looks for.
      const broken = `${temporary}-broken`;
      await rename(folder, broken).catch(() => {
        throw error;
      });
      await rm(broken, { recursive: true, force: true });
    }
  }
}

function changed(what: string): string {
  return `${what} is not what its digest says: it was changed or damaged. Remove it, and the next attempt fetches it anew.`;
}
