import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXTERNAL_PACKAGES } from './externals.ts';
import { type InstalledPackage, packageAround } from './installation.ts';

const LOADERS_OF_NATIVE_CODE = [
  'bindings',
  'node-gyp-build',
  '@mapbox/node-pre-gyp',
  'prebuild-install',
  'node-addon-api',
];

/** A sentence on the first package among `files` that carries native code; null when there is none. */
export function nativePackageAmong(files: Iterable<string>): string | null {
  const seen = new Set<string>();
  for (const file of files) {
    const found = /[\\/]node_modules[\\/]/.test(file) ? packageAround(dirname(file)) : null;
    if (found === null) {
      if (file.endsWith('.node')) return refusal(file);
    } else if (file.endsWith('.node') || (!seen.has(found.folder) && isNative(found))) {
      return refusal(found.json.name ?? file);
    } else {
      seen.add(found.folder);
    }
  }
  return null;
}

function isNative({ folder, json }: InstalledPackage): boolean {
  const dependencies = { ...(json.dependencies as object), ...(json.optionalDependencies as object) };
  return (
    json.gypfile === true ||
    json.binary !== undefined ||
    json.napi !== undefined ||
    LOADERS_OF_NATIVE_CODE.some((name) => name in dependencies) ||
    ['binding.gyp', 'prebuilds'].some((name) => existsSync(join(folder, name)))
  );
}

function refusal(name: string): string {
  const provided = EXTERNAL_PACKAGES.join(', ');
  return (
    `${name} carries native code, which cannot be bundled, and is not among the packages that every worker has ` +
    `(${provided}). Use one of those, or run the code as a process or container step.`
  );
}
