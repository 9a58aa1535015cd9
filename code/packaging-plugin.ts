import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import type { Loader, Plugin } from 'esbuild';
import type { ExternalPolicy } from './externals.ts';
import { isNodeModule } from './installation.ts';
import type { LoadedModules } from './load-modules.ts';
import type { Initialiser } from './module-outline.ts';
import { entryName, textForPackaging } from './module-text.ts';
import { relativePath } from './source-location.ts';
import { describes, type StepOrigin } from './step-table.ts';
import { loaderOf, USER_MODULE_FILES } from './user-module.ts';

/** Before the names of entries, and of modules that are packaged under a name of ours. */
export const ENTRY = 'millrace-step';
export const MODULE = 'millrace-module';

export type Entries = readonly (readonly [string, StepOrigin])[];
type IsDescription = (value: unknown) => boolean;

/** Each entry is one step, exported as `default`. All end in one name, which the bundler makes names in the text of. */
export function entryPlugin(loaded: LoadedModules, entries: Entries): Plugin {
  return {
    name: 'millrace-entries',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${ENTRY}:`) }, ({ path }) => ({
        path: path.slice(ENTRY.length + 1),
        namespace: ENTRY,
      }));
      onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => {
        const origin = entries[Number.parseInt(path, 10)]?.[1];
        const outline = origin && loaded.modules.get(origin.file)?.outline;
        if (!outline) return { errors: [{ text: `no module for ${path}` }] };
        return { contents: entryText(origin, entryName(outline, origin.name)), resolveDir: loaded.folder };
      });
    },
  };
}

function entryText({ file, path }: StepOrigin, name: string): string {
  const from = JSON.stringify(file);
  if (path.length === 0) return `export { ${name} as default } from ${from};`;
  const way = path.map((key) => `[${JSON.stringify(key)}]`).join('');
  return `import { ${name} as step } from ${from};\nexport default step${way};`;
}

/**
 * Gives the author's modules in their text for packaging, and lets what they import by name leave with the name.
 *
 * @param files filled with the file of each module, by the name that the build has for it.
 */
export function packagingPlugin(
  loaded: LoadedModules,
  entries: Entries,
  isDescription: IsDescription,
  policy: ExternalPolicy,
  files: Map<string, string>,
): Plugin {
  const { bare, byName } = importedFiles(loaded);
  const wanted = wantedNames(entries);
  return {
    name: 'millrace-package',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path, importer, namespace, kind }) => {
        if (kind === 'entry-point' || isBuiltin(path)) return undefined;
        const name = namespace === ENTRY ? null : policy.nameOf(path);
        // Our own modules have paths; the text has to say the same wherever they lie.
        if (name !== null) return { path: path.startsWith('.') ? name : path, external: true, sideEffects: false };
        const from = namespace === MODULE ? (files.get(importer) ?? importer) : importer;
        const target = namespace === ENTRY ? path : loaded.resolutions.target(from, path, kind);
        if (target === undefined || (namespace !== ENTRY && !byName.has(target))) return undefined;
        const module = moduleName(loaded.folder, target);
        files.set(module, target);
        // What a step does not reach by name leaves its bundle, whatever it does when it is loaded.
        return { path: module, namespace: MODULE, sideEffects: bare.has(target) };
      });
      onLoad({ filter: /.*/, namespace: MODULE }, async ({ path }) => {
        const file = files.get(path) ?? path;
        const names = wanted.get(file) ?? new Set();
        return { ...(await contentsOf(file, loaded, isDescription, names)), resolveDir: dirname(file) };
      });
    },
  };
}

/** The bundler reads off the ending whether Node's rules for importing CommonJS hold in a module. */
function moduleName(folder: string, file: string): string {
  const name = relativePath(folder, file);
  if (!USER_MODULE_FILES.test(file)) return name;
  return `${name}${isNodeModule(file) ? '.mjs' : '.js'}`;
}

async function contentsOf(
  file: string,
  { modules }: LoadedModules,
  isDescription: IsDescription,
  wanted: ReadonlySet<string>,
): Promise<{ contents: string | Uint8Array; loader: Loader }> {
  const found = modules.get(file);
  if (found === undefined) return { contents: await readFile(file), loader: loaderOf(file) };
  const isPure = (initialiser: Initialiser) => mayLeave(initialiser, found.values, isDescription);
  return { contents: textForPackaging(found.module, found.outline, isPure, wanted), loader: 'js' };
}

/** Whether an initialiser's value leaves a bundle with its name. */
export function mayLeave(
  { name, purity }: Initialiser,
  values: Readonly<Record<string, unknown>>,
  isDescription: (value: unknown) => boolean,
): boolean {
  return purity !== 'effects' || describes(values[name], isDescription);
}

function wantedNames(entries: Entries): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const [, { file, name }] of entries) {
    const names = wanted.get(file) ?? new Set();
    wanted.set(file, names.add(name));
  }
  return wanted;
}

/** The files that the author's modules import, and those of them that one imports for what they do. */
function importedFiles({ modules, resolutions }: LoadedModules) {
  const bare = new Set<string>();
  const byName = new Set<string>();
  for (const [file, { outline }] of modules) {
    for (const target of resolutions.targets(file)) byName.add(target);
    for (const specifier of outline.bareImports) {
      const target = resolutions.target(file, specifier);
      if (target !== undefined) bare.add(target);
    }
  }
  return { bare, byName };
}
