import { dirname, join } from 'node:path';
import type { BuildOptions, ImportKind, Metafile } from 'esbuild';
import { packageAround } from './installation.ts';

/** What every build here is made with: it is in the bytes, so a change changes the digests of all steps. */
export const BUILD_OPTIONS = {
  bundle: true,
  write: false,
  metafile: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  keepNames: true,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'silent',
  supported: { 'dynamic-import': false },
  // An import of native code is found among the inputs, and refused with a sentence of our own.
  loader: { '.node': 'empty' },
} as const satisfies BuildOptions;

/** Which file each import of each file led to, as the loading build found it. */
export class ModuleResolutions {
  readonly files: readonly string[];
  readonly #targets = new Map<string, Map<string, string>>();

  constructor(inputs: Metafile['inputs'], folder: string) {
    for (const [input, { imports }] of Object.entries(inputs)) {
      const targets = new Map<string, string>();
      for (const { path, original, kind, external } of imports) {
        if (!external && original !== undefined) targets.set(`${kind} ${original}`, join(folder, path));
      }
      this.#targets.set(join(folder, input), targets);
    }
    this.files = [...this.#targets.keys()];
  }

  target(importer: string, specifier: string, kind: ImportKind = 'import-statement'): string | undefined {
    return this.#targets.get(importer)?.get(`${kind} ${specifier}`);
  }

  targets(importer: string): Iterable<string> {
    return this.#targets.get(importer)?.values() ?? [];
  }
}

/** Whether a file may hold steps: the author's own, or of a package that is built on Millrace. */
export function isUserFile(file: string): boolean {
  if (!/[\\/]node_modules[\\/]/.test(file)) return true;
  const json = packageAround(dirname(file))?.json;
  return [json?.dependencies, json?.peerDependencies].some(
    (names) => typeof names === 'object' && names !== null && 'millrace' in names,
  );
}
