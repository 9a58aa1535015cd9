import { realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Compiled, compile, isPipeline, isStep } from '../dsl/index.ts';
import type { PipelineDefinition } from '../dsl/pipeline.ts';
import type { CodePackage, CodeRef, CompiledPipeline } from '../ir/compiled-pipeline.ts';
import { type Digest, digestOfBytes, digestOfJson } from '../ir/digest.ts';
import type { PipelineIR } from '../ir/pipeline-ir.ts';
import { readBuiltinDigests } from './builtin-digests.ts';
import { bundleSteps, type StepBundle } from './bundle-steps.ts';
import { CodeError } from './code-error.ts';
import { type PackagedCode, packageCode } from './code-package.ts';
import type { CodeWarning } from './code-warning.ts';
import { declaredFiles } from './declared-files.ts';
import { withoutExit } from './exit-trap.ts';
import { externalVersions } from './external-versions.ts';
import { type LoadedModules, loadModules } from './load-modules.ts';
import { originsOf, type StepOrigin } from './step-table.ts';

export interface CompiledFile {
  readonly compiled: CompiledPipeline;
  /** Everything that `compiled` names by digest. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  readonly warnings: readonly CodeWarning[];
}

/**
 * Loads a pipeline file, compiles its pipeline to IR and packages the code of each step.
 *
 * The file runs in this process: compile only what you would run.
 *
 * @param options.exportName the export that is the pipeline; `default` unless given.
 * @throws CodeError for what is wrong with the file, its pipeline, its steps' code and declared files.
 */
export async function compileFile(path: string, options: { exportName?: string } = {}): Promise<CompiledFile> {
  const file = await existing(path);
  const loaded = await loadModules(file);
  const { ir, steps } = compileBody(pipelineOf(loaded, file, options.exportName ?? 'default'), loaded);
  const { bundles, warnings } = await bundleSteps(
    loaded,
    handlersOf(ir, steps, loaded, file),
    (value) => isStep(value) || isPipeline(value),
  );
  const code: Record<string, CodeRef> = {};
  const packages: Record<string, CodePackage> = {};
  const blobs = new Map<Digest, Uint8Array>();
  for (const key of Object.keys(ir.steps)) {
    const packaged = await packageOf(key, ir, bundles.get(key), loaded);
    if (packaged === null) {
      code[key] = await withoutPackage(key, ir);
      continue;
    }
    const { digest } = packaged.manifest;
    const map = bundles.get(key)?.sourceMap;
    code[key] = { kind: 'package', digest, ...(map && { sourceMap: digestOfBytes(map) }) };
    packages[digest] = packaged.manifest;
    for (const [name, bytes] of packaged.blobs) blobs.set(name, bytes);
    if (map) blobs.set(digestOfBytes(map), map);
  }
  return { compiled: { millrace: 1, ir, irDigest: digestOfJson(ir), code, packages }, blobs, warnings };
}

async function existing(path: string): Promise<string> {
  const file = resolve(path);
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return realpath(file);
  const said = found === null ? 'There is no file' : 'This is no file:';
  throw new CodeError(
    'fileMissing',
    `${said} ${path}. Give the path of a pipeline file, as in: millrace run pipeline.ts`,
  );
}

/** The body runs now, and what it does wrong has a line in the author's file. */
function compileBody(pipeline: PipelineDefinition, { blame }: LoadedModules): Compiled {
  try {
    return withoutExit(() => compile(pipeline));
  } catch (error) {
    throw blame(error, `the body of pipeline '${pipeline.options.name}' failed`);
  }
}

function pipelineOf({ exports }: LoadedModules, file: string, name: string) {
  const value = exports[name];
  if (isPipeline(value)) return value;
  const others = Object.keys(exports).filter((key) => isPipeline(exports[key]));
  const what = name === 'default' ? 'default export' : `export '${name}'`;
  const said = name in exports ? `The ${what} of ${basename(file)} is no pipeline` : `${basename(file)} has no ${what}`;
  const cure =
    others.length === 0
      ? 'Write: export default definePipeline({ … }, …)'
      : `It exports ${others.length === 1 ? 'the pipeline' : 'the pipelines'} ${others.join(', ')}: make one the default export, as in: export default ${others[0]}`;
  throw new CodeError('notAPipeline', `${said}. ${cure}.`);
}

/** Where the steps that have a handler were made, by key. */
function handlersOf(ir: PipelineIR, steps: ReadonlyMap<string, unknown>, loaded: LoadedModules, file: string) {
  const all = originsOf(loaded.modules, isStep);
  const origins = new Map<string, StepOrigin>();
  for (const [key, contract] of Object.entries(ir.steps)) {
    if (contract.implementation.kind !== 'handler') continue;
    const origin = all.get(steps.get(key));
    if (origin === undefined) {
      const message =
        `Step '${contract.name}' of pipeline '${ir.name}' (${basename(file)}) is not the value of a name at the top ` +
        'level of a module, so it cannot be packaged by itself. Steps made inside a function are not supported: ' +
        `write \`export const ${identifier(contract.name)} = defineStep(…)\` at the top level. (A package that ` +
        'exports steps has to name millrace among its peerDependencies.)';
      throw new CodeError('stepNotFound', message);
    }
    origins.set(key, origin);
  }
  return origins;
}

function identifier(name: string): string {
  return name.replace(/[-_]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
}

async function packageOf(
  key: string,
  ir: PipelineIR,
  bundle: StepBundle | undefined,
  { externals, folder }: LoadedModules,
): Promise<PackagedCode | null> {
  const implementation = ir.steps[key]?.implementation;
  if (implementation?.kind === 'process')
    return packageCode(null, await declaredFiles(key, implementation, folder), {});
  if (bundle === undefined) return null;
  if (ir.steps[key]?.cost === 'light') refuseHeavy(key, bundle);
  return packageCode(bundle.bytes, new Map(), externalVersions(key, bundle.externals, externals));
}

/** Light steps run beside the interpreter, where nothing may block: schemas are all that they bring from outside. */
function refuseHeavy(step: string, { externals }: StepBundle): void {
  const heavy = externals.filter((name) => name !== 'millrace' && name !== 'zod');
  if (heavy.length === 0) return;
  const message = `Step '${step}' is light and uses ${heavy.join(', ')}, which a control worker does not load. `;
  throw new CodeError('lightStep', `${message}Leave out cost: 'light', or move that work to a step of its own.`);
}

async function withoutPackage(key: string, ir: PipelineIR): Promise<CodeRef> {
  const contract = ir.steps[key];
  if (contract?.implementation.kind !== 'builtin') return { kind: 'none' };
  const digest = (await readBuiltinDigests())[contract.name];
  if (digest !== undefined) return { kind: 'builtin', step: contract.name, digest };
  throw new CodeError(
    'builtin',
    `This installation of Millrace has no built-in step '${contract.name}'. Install the version of Millrace that has it, or build it again.`,
  );
}
