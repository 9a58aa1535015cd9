import { basename } from 'node:path';
import { type BuildFailure, build, type Metafile } from 'esbuild';
import { CodeError } from './code-error.ts';
import type { CodeWarning } from './code-warning.ts';
import { MODULE_URL } from './evaluate-common-js.ts';
import { type ExternalPolicy, USER_EXTERNALS } from './externals.ts';
import type { LoadedModule, LoadedModules } from './load-modules.ts';
import { BUILD_OPTIONS } from './module-resolution.ts';
import { warningsOf } from './module-warnings.ts';
import { ENTRY, entryPlugin, MODULE, mayLeave, packagingPlugin } from './packaging-plugin.ts';
import { sentenceOf } from './source-location.ts';
import { linesMap, withoutPaths } from './source-map.ts';
import type { StepOrigin } from './step-table.ts';

/** The code of one step by itself. */
export interface StepBundle {
  readonly bytes: Uint8Array;
  /** From places in `bytes` to lines of the author's files. */
  readonly sourceMap: Uint8Array;
  /** Names of the external packages that it asks for. */
  readonly externals: readonly string[];
  /** The author's files that it has something of. */
  readonly files: readonly string[];
}

export interface BundledSteps {
  /** By the keys of `origins`. */
  readonly bundles: ReadonlyMap<string, StepBundle>;
  readonly warnings: readonly CodeWarning[];
}

/**
 * Bundles each step by itself, all in one build: the modules are read once, and each entry takes what it reaches.
 *
 * @param isDescription whether a value is a step or a pipeline.
 */
export async function bundleSteps(
  loaded: LoadedModules,
  origins: ReadonlyMap<string, StepOrigin>,
  isDescription: (value: unknown) => boolean,
  policy = USER_EXTERNALS,
): Promise<BundledSteps> {
  if (origins.size === 0) return { bundles: new Map(), warnings: [] };
  const entries = [...origins];
  const sources = new Map<string, string>();
  const built = await build({
    ...BUILD_OPTIONS,
    absWorkingDir: loaded.folder,
    entryPoints: entries.map((_, index) => ({ in: `${ENTRY}:${index}/step.js`, out: String(index) })),
    outdir: loaded.folder,
    minifyWhitespace: true,
    sourcemap: 'external',
    sourcesContent: false,
    define: { 'import.meta.url': MODULE_URL },
    plugins: [entryPlugin(loaded, entries), packagingPlugin(loaded, entries, isDescription, policy, sources)],
  }).catch((failure: BuildFailure) => {
    throw new CodeError('bundle', failure.errors?.[0] ? sentenceOf(failure.errors[0]) : failure.message);
  });
  const texts = new Map(built.outputFiles.map(({ path, text }) => [basename(path), text]));
  const bundles = new Map(
    entries.map(([key], index) => {
      const name = `${index}.js`;
      const { text, cuts } = withoutPaths(texts.get(name) ?? '');
      const isAuthors = (source: string) => loaded.modules.has(source);
      const sourceMap = linesMap(texts.get(`${name}.map`) ?? '', cuts, loaded.folder, isAuthors);
      return [key, { bytes: Buffer.from(text), sourceMap, ...reachOf(built.metafile.outputs[name], sources, policy) }];
    }),
  );
  const kept = ({ outline, values }: LoadedModule) =>
    outline.initialisers.filter((initialiser) => !mayLeave(initialiser, values, isDescription));
  return { bundles, warnings: warningsOf(loaded, bundles.values(), kept) };
}

/** What of the world outside, and of the author's files, an output has something of. */
function reachOf(
  output: Metafile['outputs'][string] | undefined,
  sources: ReadonlyMap<string, string>,
  policy: ExternalPolicy,
): Pick<StepBundle, 'externals' | 'files'> {
  const { imports = [], inputs = {} } = output ?? {};
  const externals = imports.flatMap(({ path, external }) => (external ? (policy.nameOf(path) ?? []) : []));
  const used = Object.keys(inputs).filter((name) => inputs[name]?.bytesInOutput);
  return {
    externals: [...new Set(externals)].sort(),
    files: used.flatMap((name) => sources.get(name.slice(MODULE.length + 1)) ?? []),
  };
}
