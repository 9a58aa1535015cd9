import { readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/**
 * The versions that a new project depends on. A Millrace that was installed as a package is asked for by version; a
 * clone by its folder, for it is the very one that works here.
 */
export function installation(): Readonly<Record<'millrace' | 'zod' | 'typescript' | 'nodeTypes', string>> {
  const depth = import.meta.url.endsWith('.ts') ? '../../' : '../../../';
  const folder = fileURLToPath(new URL(depth, import.meta.url));
  const manifest = JSON.parse(readFileSync(new URL(`${depth}package.json`, import.meta.url), 'utf8')) as Manifest;
  const isPackage = folder.split(sep).includes('node_modules');
  return {
    millrace: isPackage ? `^${manifest.version}` : `file:${folder.replace(/[\\/]$/, '')}`,
    zod: manifest.dependencies.zod ?? '^4',
    typescript: manifest.devDependencies.typescript ?? '^5.9',
    nodeTypes: manifest.devDependencies['@types/node'] ?? '^20.19.0',
  };
}
