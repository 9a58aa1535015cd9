import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isPipeline, isStep, type StepDefinition } from '../dsl/index.ts';
import { bundleSteps } from './bundle-steps.ts';
import { CodeError } from './code-error.ts';
import { packageCode } from './code-package.ts';
import { externalVersions } from './external-versions.ts';
import type { ExternalPolicy } from './externals.ts';
import { packageNameOf } from './externals.ts';
import { millraceFolder } from './installation.ts';
import { loadModules } from './load-modules.ts';
import { originsOf, type StepOrigin } from './step-table.ts';

/** Step name to digest. */
export type BuiltinDigests = Readonly<Record<string, string>>;

/** Our own DSL goes by the runtime interface and packages by version, as they do for users' steps. */
const BUILTIN_EXTERNALS: ExternalPolicy = {
  filter: /^[^.]|\/dsl\//,
  nameOf: (specifier) => (/\/dsl\//.test(specifier) ? 'millrace' : packageNameOf(specifier)),
};

/** Where the build leaves the digests of the built-in steps for `compileFile`. */
export function builtinDigestsFile(): string {
  return join(millraceFolder(), 'dist', 'builtin-steps.json');
}

export async function readBuiltinDigests(): Promise<BuiltinDigests> {
  const text = await readFile(builtinDigestsFile(), 'utf8').catch(() => null);
  if (text !== null) return JSON.parse(text) as BuiltinDigests;
  throw new CodeError(
    'builtin',
    `${builtinDigestsFile()} is missing: build Millrace (npm run build), or install it again.`,
  );
}

/**
 * The digest of each built-in step's own code: of what the step reaches from the built module that exports it, and of
 * the versions of the packages that it uses. An edit of another step leaves it alone.
 *
 * @param entry the built module that exports the steps.
 */
export async function computeBuiltinDigests(entry: string): Promise<BuiltinDigests> {
  const loaded = await loadModules(entry, BUILTIN_EXTERNALS);
  const origins = new Map<string, StepOrigin>();
  for (const [value, origin] of originsOf(loaded.modules, isStep)) {
    const { contract } = value as StepDefinition;
    if (contract.implementation.kind === 'builtin') origins.set(contract.name, origin);
  }
  const { bundles } = await bundleSteps(
    loaded,
    origins,
    (value) => isStep(value) || isPipeline(value),
    BUILTIN_EXTERNALS,
  );
  const digests: Record<string, string> = {};
  for (const name of [...bundles.keys()].sort()) {
    const bundle = bundles.get(name);
    if (bundle === undefined) continue;
    const externals = externalVersions(name, bundle.externals, loaded.externals);
    digests[name] = packageCode(bundle.bytes, new Map(), externals).manifest.digest;
  }
  return digests;
}
