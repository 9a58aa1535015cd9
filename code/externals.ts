import { dirname } from 'node:path';
import { packageAround, resolveFromMillrace } from './installation.ts';

/** Packages that stay outside every bundle; a worker has them in its own installation, in the manifest's version. */
export const EXTERNAL_PACKAGES = ['zod', 'onnxruntime-node', '@duckdb/node-api', 'apache-arrow'] as const;

/** `@scope/name/part` → `@scope/name`; null for relative and absolute paths. */
export function packageNameOf(specifier: string): string | null {
  return /^(@[^/]+\/[^/]+|[^@./\\][^/:]*)(?:\/|$)/.exec(specifier)?.[1] ?? null;
}

/** Whether an import of this is left to the worker. `millrace` goes by its runtime interface, the others by version. */
export function isExternal(specifier: string): boolean {
  const name = packageNameOf(specifier);
  return name !== null && (name === 'millrace' || (EXTERNAL_PACKAGES as readonly string[]).includes(name));
}

/** Which imports stay outside a bundle. */
export interface ExternalPolicy {
  /** Matches every import that `nameOf` has an answer to, and perhaps more. */
  readonly filter: RegExp;
  /** The package that the import is of; null for what is bundled. */
  nameOf(specifier: string): string | null;
}

/** Of users' steps. */
export const USER_EXTERNALS: ExternalPolicy = {
  filter: /^(?:millrace|zod|onnxruntime-node|@duckdb|apache-arrow)/,
  nameOf: (specifier) => (isExternal(specifier) ? packageNameOf(specifier) : null),
};

/** The exact versions of the external packages in this installation: what a worker registers as its capability. */
export function installedExternals(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of EXTERNAL_PACKAGES) {
    const file = resolveFromMillrace(name);
    const version = file === null ? null : versionOf(name, file);
    if (version !== null) versions[name] = version;
  }
  return versions;
}

/** The version of the package `name` that `file` belongs to. */
export function versionOf(name: string, file: string): string | null {
  let found = packageAround(dirname(file));
  while (found !== null && found.json.name !== name) {
    const above = dirname(found.folder);
    found = above === found.folder ? null : packageAround(above);
  }
  return found?.json.version ?? null;
}
