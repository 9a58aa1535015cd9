import { isArtifactRef } from '../../ir/artifact.ts';
import { isJsonObject, type JsonValue } from '../../ir/json.ts';

/**
 * The message of an error with artifacts called by the inputs that they came by: where they lie in a store says nothing
 * to who wrote the pipeline.
 *
 * @param read by path: the digest of an artifact that the handler was given there
 */
export function byInputNames(message: string, input: JsonValue, read: ReadonlyMap<string, string>): string {
  const names = namesIn(input, '');
  // The longest first: a path may begin with another.
  const paths = [...read].sort(([left], [right]) => right.length - left.length);
  const named = paths.reduce((text, [path, digest]) => {
    const name = names.get(digest);
    if (name === undefined) return text;
    return text.split(path).join(`input '${name}'`);
  }, message);
  return named.replace(/^input '/, "Input '");
}

/** By digest: `training`, `trials[0].model`; the first that has it. */
function namesIn(value: JsonValue, name: string): ReadonlyMap<string, string> {
  if (isArtifactRef(value)) return new Map([[value.digest, name]]);
  const fields: readonly [string, JsonValue][] = Array.isArray(value)
    ? value.map((item: JsonValue, index): [string, JsonValue] => [`${name}[${index}]`, item])
    : isJsonObject(value)
      ? Object.entries(value).map(([key, item]) => [name === '' ? key : `${name}.${key}`, item])
      : [];
  return new Map(fields.flatMap(([key, item]) => [...namesIn(item, key)]).reverse());
}
