import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { type CodeFailure, NO_SPACE, TaskFailed } from '../../ir/protocol/task-failure.ts';
import { isPassing } from '../../store/artifacts/artifact-store.ts';
import type { UnpackedCode } from './code-folders.ts';
import { KnownFailure, wantsRoom } from './error-report.ts';
import type { HandlerFiles } from './handler-files.ts';
import type { StepSource } from './handler-protocol.ts';
import type { HostParts } from './host-parts.ts';

export interface StepCode {
  readonly source: StepSource;
  /** Names the code: a child holds one code only. The built-in steps of an installation are one. */
  readonly key: string;
}

/**
 * Brings a step's code to this machine.
 *
 * @throws KnownFailure of kind `environment` when it cannot be had here, of kind `worker` when that may pass.
 */
export async function stepCode(dispatch: TaskDispatch, host: HostParts): Promise<StepCode> {
  const { files } = host;
  const { contract, code } = dispatch;
  const { implementation } = contract;
  if (implementation.kind === 'container' || implementation.kind === 'external') {
    const who = implementation.kind === 'container' ? 'a container engine' : 'a worker of its own';
    throw environment(
      'NotServedHere',
      `Step '${contract.name}' needs ${who}, which this worker is not. Send it to a queue that has one.`,
    );
  }
  if (code.kind === 'builtin') {
    await checkBuiltin(code.step, code.digest, files);
    return { source: { kind: 'builtin', module: files.builtins, step: code.step }, key: 'builtin' };
  }
  const unpacked = code.kind === 'package' ? await unpack(code.digest, host) : null;
  if (implementation.kind === 'process') {
    const { command } = implementation;
    const schemas = { input: contract.input, output: contract.output };
    const source = { kind: 'command', folder: filesFolder(unpacked), command, schemas } as const;
    return { source, key: code.kind === 'package' ? code.digest : 'command' };
  }
  if (!unpacked)
    throw environment('NoCode', `The code of step '${contract.name}' is not named by the pipeline. Compile it again.`);
  const { folder, package: manifest } = unpacked;
  return { source: { kind: 'package', folder, package: manifest }, key: manifest.digest };
}

async function unpack(digest: string, { unpackCode, settings }: HostParts): Promise<UnpackedCode> {
  try {
    return await unpackCode(digest);
  } catch (error) {
    if (error instanceof TaskFailed) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Code package ${digest} cannot be brought to worker ${settings.workerId}: ${reason}`;
    // What the store lacks, no worker has; a disk has room again, and a store comes back.
    if (wantsRoom(error)) throw new KnownFailure('worker', NO_SPACE, message);
    if (isPassing(error)) throw new KnownFailure('worker', 'ArtifactError', message);
    throw environment('CodeUnavailable', message);
  }
}

/** Where a package keeps its declared files. */
function filesFolder(unpacked: UnpackedCode | null): string | null {
  return unpacked && Object.keys(unpacked.package.files).length > 0 ? join(unpacked.folder, 'files') : null;
}

/** Another release may do other work under the same name, and what it gives would be kept under the wrong key. */
async function checkBuiltin(step: string, digest: string, files: HandlerFiles): Promise<void> {
  const digests = await builtinDigests(files.builtinDigests);
  if (digests[step] === digest) return;
  const message = `The pipeline was compiled with ${digest} of the built-in step '${step}'; this worker's installation has ${digests[step] ?? 'none'}. Run a worker of the release that the pipeline was compiled with, or submit the pipeline again with this one.`;
  throw environment('OtherRelease', message);
}

async function builtinDigests(file: string): Promise<Readonly<Record<string, string>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw environment(
      'NoBuiltins',
      `This worker's installation has no list of built-in steps (${file}). Install Millrace again.`,
    );
  }
}

function environment(name: CodeFailure, message: string): KnownFailure {
  return new KnownFailure('environment', name, message, false);
}
