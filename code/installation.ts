import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly [field: string]: unknown;
}

export interface InstalledPackage {
  readonly folder: string;
  readonly json: PackageJson;
}

const packages = new Map<string, InstalledPackage | null>();

/** The nearest folder at or above `folder` whose package.json has a name; null at the file system's root. */
export function packageAround(folder: string): InstalledPackage | null {
  const known = packages.get(folder);
  if (known !== undefined) return known;
  const json = readPackageJson(folder);
  const parent = dirname(folder);
  const found = json?.name !== undefined ? { folder, json } : parent === folder ? null : packageAround(parent);
  packages.set(folder, found);
  return found;
}

/** Whether Node takes a source file for an ES module: by its ending, or by the nearest package.json. */
export function isNodeModule(file: string): boolean {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  return typeAround(dirname(file)) === 'module';
}

const types = new Map<string, unknown>();

function typeAround(folder: string): unknown {
  if (types.has(folder)) return types.get(folder);
  const json = readPackageJson(folder);
  const parent = dirname(folder);
  const found = json !== null || parent === folder ? json?.type : typeAround(parent);
  types.set(folder, found);
  return found;
}

function readPackageJson(folder: string): PackageJson | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  } catch {
    return null;
  }
}

/** The folder of Millrace's own package.json: this room lies one folder below it, or two when built. */
export function millraceFolder(): string {
  const own = packageAround(dirname(fileURLToPath(import.meta.url)));
  if (own === null) throw new Error('Millrace cannot find its own package.json: install it again.');
  return own.folder;
}

/** The file that an import of `specifier` by Millrace itself would load; null when it is not installed. */
export function resolveFromMillrace(specifier: string): string | null {
  try {
    return fileURLToPath(import.meta.resolve(specifier));
  } catch {
    return null;
  }
}
