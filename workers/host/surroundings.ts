import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { SecretRef } from '../../ir/step-contract.ts';
import { type Secret, SecretError, type SecretProvider } from '../../store/secrets/secret-provider.ts';
import { countedInputs } from './counted-inputs.ts';
import type { sourceFingerprint } from './source-fingerprint.ts';

/** What a result depends on beside its code and its inputs, as it is at this moment and on this machine. */
export interface Surroundings {
  /** The states of what the inputs named in `contract.sources` point at, by input. */
  readonly sources: Readonly<Record<string, string>>;
  /** The states of the files outside its package that a command names, by path. */
  readonly programs: Readonly<Record<string, string>>;
  /** Which secret, and which version of it, by the names that the step uses. */
  readonly secretVersions: Readonly<Record<string, string>>;
}

/** A sentence on what nothing is known of, so that no result may be kept. */
export interface Unknown {
  readonly unknown: string;
}

export async function surroundingsOf(
  dispatch: TaskDispatch,
  secrets: SecretProvider,
  fingerprintOf: typeof sourceFingerprint,
): Promise<Surroundings | Unknown> {
  const unknown = codeWithoutDigest(dispatch);
  if (unknown !== null) return { unknown };
  const { contract, settings, input } = dispatch;
  const sources: Record<string, string> = {};
  for (const name of contract.sources.filter(countedInputs(dispatch))) {
    const state = await fingerprintOf(input[name]);
    if (state === null) return { unknown: `Nothing tells whether what input '${name}' points at has changed.` };
    sources[name] = state;
  }
  const programs: Record<string, string> = {};
  for (const path of pathsOutside(dispatch)) {
    const state = (await isFile(path)) ? await fingerprintOf(path) : null;
    if (state === null) return { unknown: unknownProgram(contract.name, path) };
    programs[path] = state;
  }
  const secretVersions: Record<string, string> = {};
  for (const [name, ref] of Object.entries(settings.secrets)) {
    const secret = await readableSecret(ref, secrets);
    if (!secret) return { unknown: `The version of secret '${ref.secret}' is not known here.` };
    // Version 3 of one secret is not version 3 of another.
    secretVersions[name] = `${ref.secret}@${secret.version}`;
  }
  return { sources, programs, secretVersions };
}

/** One that cannot be read is told by the task that wants it; here its version is as unknown as that of one that is missing. */
async function readableSecret(ref: SecretRef, secrets: SecretProvider): Promise<Secret | null> {
  try {
    return await secrets.resolve(ref);
  } catch (error) {
    if (error instanceof SecretError) return null;
    throw error;
  }
}

/** What a task reads that is in none of its inputs, by the names that the parts of cache keys have. */
export function partsOutside(dispatch: TaskDispatch): readonly string[] {
  return [
    ...dispatch.contract.sources.filter(countedInputs(dispatch)).map((name) => `source ${name}`),
    ...pathsOutside(dispatch).map((path) => `program ${path}`),
    ...Object.keys(dispatch.settings.secrets).map((name) => `secret ${name}`),
  ];
}

/** A sentence on code that can change under an unchanged name; null for code that cannot. */
function codeWithoutDigest({ code, contract }: TaskDispatch): string | null {
  const { implementation, name } = contract;
  if (implementation.kind === 'external') return `Step '${name}' is served by a worker whose code has no digest.`;
  if (implementation.kind === 'container' && !implementation.image.includes('@sha256:')) {
    return `Image ${implementation.image} has no digest: name it as image@sha256:….`;
  }
  if (implementation.kind === 'process' && !implementation.environment) {
    return `Step '${name}' declares no environment; name its lock files (process.environment) to have it cached.`;
  }
  return implementation.kind !== 'container' && code.kind === 'none'
    ? `The code of step '${name}' has no digest.`
    : null;
}

/** Relative words of a command are files of its package, or programs that its environment stands for. */
function pathsOutside({ contract: { implementation } }: TaskDispatch): readonly string[] {
  return implementation.kind === 'process' ? implementation.command.filter((word) => isAbsolute(word)) : [];
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function unknownProgram(step: string, path: string): string {
  return (
    `Nothing tells whether ${path}, which the command of step '${step}' names, has changed. Put it into the ` +
    `pipeline's folder, or name it by the word under which PATH has it.`
  );
}
