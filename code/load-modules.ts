import { basename, dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build } from 'esbuild';
import { CodeError } from './code-error.ts';
import { evaluateCommonJs } from './evaluate-common-js.ts';
import { withoutExit } from './exit-trap.ts';
import { USER_EXTERNALS } from './externals.ts';
import { buildError, throwError } from './load-errors.ts';
import { loadingPlugin, type Reading } from './loading-plugin.ts';
import { refuseMissingExports } from './missing-exports.ts';
import type { ModuleOutline } from './module-outline.ts';
import { BUILD_OPTIONS, ModuleResolutions } from './module-resolution.ts';
import { nativePackageAmong } from './native-packages.ts';
import { restrictedRequire } from './restricted-require.ts';
import type { UserModule } from './user-module.ts';

/** A user's module that has run. */
export interface LoadedModule {
  readonly module: UserModule;
  readonly outline: ModuleOutline;
  /** What its top-level names hold. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** A file and all that it imports, run once. */
export interface LoadedModules {
  readonly folder: string;
  readonly exports: Readonly<Record<string, unknown>>;
  /** By file, in the order in which they ran: a module after those that it imports. */
  readonly modules: ReadonlyMap<string, LoadedModule>;
  readonly resolutions: ModuleResolutions;
  /** Versions of the external packages as the author's folder has them. */
  readonly externals: ReadonlyMap<string, string>;
  /** What code of these modules threw when it was called after loading, as one sentence with its place. */
  readonly blame: (error: unknown, what: string) => CodeError;
}

/**
 * Bundles a file in memory and runs it in this process.
 *
 * @throws CodeError `syntax`, `importNotFound`, `nativePackage` or `loadFailed`, with file and line.
 */
export async function loadModules(entry: string, policy = USER_EXTERNALS): Promise<LoadedModules> {
  const folder = dirname(entry);
  const reading: Reading = {
    modules: new Map(),
    outlines: new Map(),
    externals: new Map(),
    externalFiles: new Map(),
  };
  const built = await build({
    ...BUILD_OPTIONS,
    absWorkingDir: folder,
    entryPoints: [entry],
    outfile: join(folder, 'bundle.cjs'),
    sourcemap: 'external',
    sourcesContent: false,
    plugins: [loadingPlugin(reading, policy)],
  }).catch((failure: BuildFailure) => {
    throw buildError(failure, reading.modules, folder);
  });
  const resolutions = new ModuleResolutions(built.metafile.inputs, folder);
  const native = nativePackageAmong(resolutions.files);
  if (native !== null) throw new CodeError('nativePackage', `${basename(entry)}: ${native}`);
  const [map, code] = ['.map', '.cjs'].map(
    (end) => built.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '',
  );
  refuseMissingExports(reading, folder);
  const { exports, values } = run(entry, code ?? '', map ?? '');
  const modules = new Map<string, LoadedModule>();
  for (const [file, names] of values) {
    const [module, outline] = [reading.modules.get(file), reading.outlines.get(file)];
    if (module && outline) modules.set(file, { module, outline, values: names });
  }
  const blame = (error: unknown, what: string) => throwError(error, entry, bundleName(entry), map ?? '', what);
  return { folder, exports, modules, resolutions, externals: reading.externals, blame };
}

/** What stack traces show in place of a file. */
export function bundleName(entry: string): string {
  return `${entry}#bundle`;
}

function run(entry: string, code: string, map: string) {
  const folder = dirname(entry);
  const filename = bundleName(entry);
  const values = new Map<string, Readonly<Record<string, unknown>>>();
  try {
    const exports = withoutExit(() =>
      evaluateCommonJs(code, filename, {
        // Externals were resolved while bundling; what is asked for by name at run time, a worker would not have.
        require: restrictedRequire((specifier) => (isAbsolute(specifier) ? specifier : null)),
        folder,
        moduleUrl: pathToFileURL(entry).href,
        register: (file, names) => values.set(file, names),
      }),
    );
    return { exports, values };
  } catch (error) {
    throw throwError(error, entry, filename, map, 'the file failed while it was loaded');
  }
}
