import { isArtifactRef } from '../../ir/artifact.ts';
import { RUNTIME_INTERFACE } from '../../ir/compiled-pipeline.ts';
import { digestOfJson } from '../../ir/digest.ts';
import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import type { StepContract } from '../../ir/step-contract.ts';
import { countedInputs } from './counted-inputs.ts';
import type { Surroundings } from './surroundings.ts';

export interface CacheKey {
  readonly key: string;
  /** What the key is made of, each as a digest or a short text that tells nothing secret. */
  readonly parts: Readonly<Record<string, string>>;
}

/** The key of a task's result: equal where the same code is given the same inputs in the same surroundings. */
export function cacheKeyOf(dispatch: TaskDispatch, { sources, programs, secretVersions }: Surroundings): CacheKey {
  const { contract, settings } = dispatch;
  const parts: Record<string, string> = {
    project: dispatch.task.project,
    runtime: String(RUNTIME_INTERFACE),
    code: codeOf(dispatch),
    contract: contractDigest(contract),
  };
  const add = (group: string, values: Readonly<Record<string, JsonValue>>) => {
    for (const [name, value] of Object.entries(values)) parts[`${group} ${name}`] = digestOfJson(value);
  };
  const counts = countedInputs(dispatch);
  const inputs = Object.entries({ ...ownDefaults(contract.input), ...dispatch.input }).filter(([name]) => counts(name));
  add('input', canonicalInput(Object.fromEntries(inputs)));
  // A result of one identity must not stand for one of another that happens to leave the same inputs.
  const identity = identityOf(dispatch);
  if (identity !== null) parts.key = digestOfJson(identity);
  add('source', sources);
  add('program', programs);
  // A handler may read how many there are of it.
  const { replicas } = settings.resources;
  if (replicas !== undefined) parts.replicas = String(replicas);
  add('env', settings.env);
  add('secret', secretVersions);
  add('read', factsOf(dispatch));
  return { key: digestOfJson(parts), parts };
}

/** What the author says stands for the inputs; null where all of them do. */
function identityOf({ identity, settings }: TaskDispatch): JsonObject | null {
  if (identity !== undefined) return { value: byDigest(identity) };
  return settings.cache.key === undefined ? null : { inputs: [...settings.cache.key].sort() };
}

/**
 * A field left out and its default given are the same. Only for the fields themselves: which default counts further in,
 * in an alternative of a union for instance, zod alone can tell, and a key that is too fine costs a miss at most.
 */
function ownDefaults({ properties }: JsonSchema): JsonObject {
  const defaults = Object.entries(isJsonObject(properties) ? properties : {}).flatMap(([name, property]) =>
    isJsonObject(property) && property.default !== undefined ? [[name, property.default] as const] : [],
  );
  return Object.fromEntries(defaults);
}

/** Artifacts by what they are and what is told of them (handlers read that, too), not by where they lie. */
function canonicalInput(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, byDigest(value)]));
}

function byDigest(value: JsonValue): JsonValue {
  if (isArtifactRef(value)) return { artifact: value.artifact, digest: value.digest, metadata: value.metadata };
  if (Array.isArray(value)) return value.map(byDigest);
  return isJsonObject(value) ? canonicalInput(value) : value;
}

function codeOf({ code, contract }: TaskDispatch): string {
  if (code.kind !== 'none') return code.digest;
  return contract.implementation.kind === 'container' ? contract.implementation.image : 'none';
}

/** What a step is, without how it is run: a longer timeout or another queue does not change a result. */
function contractDigest({ name, input, output, effects, reads, sources, implementation }: StepContract): string {
  return digestOfJson({ name, input, output, effects, reads, sources, implementation });
}

function factsOf({ contract, reads }: TaskDispatch): Record<string, JsonValue> {
  return Object.fromEntries(contract.reads.map((fact) => [fact, reads[fact] ?? null]));
}
