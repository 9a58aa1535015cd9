import { isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild, TransformFailure } from 'esbuild';
import { type ExternalPolicy, versionOf } from './externals.ts';
import { resolveFromMillrace } from './installation.ts';
import { type ModuleOutline, outlineOf } from './module-outline.ts';
import { isUserFile } from './module-resolution.ts';
import { textForLoading } from './module-text.ts';
import { readUserModule, USER_MODULE_FILES, type UserModule } from './user-module.ts';

/** What loading learns by the way. */
export interface Reading {
  readonly modules: Map<string, UserModule>;
  readonly outlines: Map<string, ModuleOutline>;
  /** Package name to version. */
  readonly externals: Map<string, string>;
  /** The file that an import of an external package led to, by importing file and what it wrote. */
  readonly externalFiles: Map<string, string>;
}

/** Gives the author's modules in their text for loading, and finds the external packages. */
export function loadingPlugin(reading: Reading, policy: ExternalPolicy): Plugin {
  return {
    name: 'millrace-load',
    setup(build) {
      build.onResolve({ filter: policy.filter }, (request) => resolveExternal(request, build, reading, policy));
      build.onLoad({ filter: USER_MODULE_FILES }, async ({ path }) => {
        if (!isUserFile(path)) return undefined;
        try {
          return await loadUserModule(path, reading);
        } catch (error) {
          if (error instanceof Error && 'errors' in error) return { errors: (error as TransformFailure).errors };
          throw error;
        }
      });
    },
  };
}

/** The author's own copy where there is one, and Millrace's where there is none. */
async function resolveExternal(
  request: OnResolveArgs,
  { resolve }: PluginBuild,
  { externals, externalFiles }: Reading,
  policy: ExternalPolicy,
): Promise<OnResolveResult | undefined> {
  const { path, resolveDir, importer, kind, pluginData } = request;
  if (kind === 'entry-point' || pluginData === ASKED || isBuiltin(path)) return undefined;
  const name = policy.nameOf(path);
  if (name === null) return undefined;
  // All import it as ES modules do, so that one process holds one copy.
  const own = await resolve(path, { resolveDir, importer, kind: 'import-statement', pluginData: ASKED });
  const file = own.errors.length === 0 ? own.path : resolveFromMillrace(path);
  if (file === null) return undefined;
  const version = versionOf(name, file);
  if (version !== null) externals.set(name, version);
  externalFiles.set(`${importer} ${path}`, file);
  return { path: file, external: true };
}

/** Marks a question to the bundler that is ours, or it would be put to us again. */
const ASKED = 'millrace-asked';

async function loadUserModule(file: string, { modules, outlines }: Reading) {
  const module = await readUserModule(file);
  if (module === null) return undefined;
  const outline = outlineOf(module);
  modules.set(file, module);
  outlines.set(file, outline);
  return { contents: textForLoading(module, outline, pathToFileURL(file).href), loader: 'js' } as const;
}
