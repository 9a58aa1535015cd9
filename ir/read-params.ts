import { isJsonObject, type JsonObject, type JsonSchema } from './json.ts';
import { nearestName } from './nearest-name.ts';
import { readBySchema } from './read-by-schema.ts';
import type { SchemaFault } from './schema-findings.ts';

/** Parameters with the pipeline's defaults filled in, and what does not fit. */
export interface ReadParams {
  readonly params: JsonObject;
  readonly faults: readonly SchemaFault[];
}

/** Checks parameters against a pipeline's JSON Schema: when a run is submitted, when a schedule is kept and at each of its starts. */
export function readParams(schema: JsonSchema, given: JsonObject): ReadParams {
  const unknown = new Set(unknownParams(schema, given));
  const named = Object.entries(given).filter(([name]) => !unknown.has(name));
  const { value: params, faults } = readBySchema(schema, Object.fromEntries(named));
  const known = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
  return {
    params,
    faults: [
      ...[...unknown].map((name) => unknownFault(name, known)),
      ...faults.map(({ at, message }) => ({ at: at || '(params)', message })),
    ],
  };
}

/**
 * Names of parameters that nobody reads: a typing error, which zod would drop without a word. A schema that says what other
 * fields are, or names none, takes any.
 */
export function unknownParams({ properties, additionalProperties }: JsonSchema, given: JsonObject): readonly string[] {
  if (!isJsonObject(properties) || isJsonObject(additionalProperties)) return [];
  return Object.keys(given).filter((name) => !Object.hasOwn(properties, name));
}

function unknownFault(name: string, known: readonly string[]): SchemaFault {
  const near = nearestName(name, known);
  return { at: name, message: near === null ? 'no such parameter' : `no such parameter; did you mean ${near}?` };
}

/** What is wrong, in one sentence. */
export function faultText(what: string, faults: readonly SchemaFault[]): string {
  const text = `${what}: ${faults.map(({ at, message }) => `${at}: ${message}`).join('; ')}`;
  return text.endsWith('?') ? text : `${text}.`;
}
