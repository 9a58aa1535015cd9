import { rename, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { TaskContext } from '../../dsl/task-context.ts';
import { ARTIFACT_KINDS, type ArtifactKind, type ArtifactRef, isArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../ir/json.ts';
import { KnownFailure } from './error-report.ts';

/** An input as a command reads it: beside each artifact's reference the `path` where its content lies. */
export async function inputWithPaths(value: JsonValue, task: TaskContext): Promise<JsonValue> {
  if (isArtifactRef(value)) return { ...value, path: await task.read(value) };
  if (Array.isArray(value)) return Promise.all(value.map((item) => inputWithPaths(item, task)));
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(async ([name, item]) => [name, await inputWithPaths(item, task)] as const);
  return Object.fromEntries(await Promise.all(fields));
}

/**
 * An output as the contract knows it: `{ artifact, path, metadata? }`, where `path` lies in the artifacts folder,
 * becomes the reference of a stored artifact; a reference that the input held comes back without its path.
 */
export async function outputWithRefs(value: JsonValue, folder: string, task: TaskContext): Promise<JsonValue> {
  const taken = new Map<string, Promise<ArtifactRef>>();
  const convert = async (part: JsonValue): Promise<JsonValue> => {
    if (Array.isArray(part)) return Promise.all(part.map(convert));
    if (!isJsonObject(part)) return part;
    if (isArtifactRef(part)) return withoutPath(part);
    if (!namesArtifact(part)) {
      const fields = Object.entries(part).map(async ([name, item]) => [name, await convert(item)] as const);
      return Object.fromEntries(await Promise.all(fields));
    }
    const known = taken.get(part.path);
    if (known) return known;
    const taking = take(part, folder, task);
    taken.set(part.path, taking);
    return taking;
  };
  return convert(value);
}

interface NamedArtifact extends JsonObject {
  readonly artifact: ArtifactKind;
  readonly path: string;
}

function namesArtifact(value: JsonObject): value is NamedArtifact {
  return (ARTIFACT_KINDS as readonly unknown[]).includes(value.artifact) && typeof value.path === 'string';
}

function withoutPath(ref: ArtifactRef): ArtifactRef {
  const { artifact, digest, uri, size, metadata } = ref;
  return { artifact, digest, uri, size, metadata };
}

async function take(named: NamedArtifact, folder: string, task: TaskContext): Promise<ArtifactRef> {
  const source = resolve(folder, named.path);
  const inside = relative(folder, source);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
    throw broken(`'${named.path}', which is not in the folder that MILLRACE_ARTIFACTS names`);
  }
  await stat(source).catch(() => {
    throw broken(`'${named.path}', which it did not write to the folder that MILLRACE_ARTIFACTS names`);
  });
  const metadata = isJsonObject(named.metadata ?? null) ? (named.metadata as JsonObject) : {};
  return task.write(named.artifact, (path) => rename(source, path), metadata);
}

function broken(what: string): KnownFailure {
  return new KnownFailure('contract', 'ContractError', `The command's output names the artifact ${what}.`, false);
}
