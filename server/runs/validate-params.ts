import { readForm } from '../../ir/approval-form.ts';
import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';
import { nearestName } from '../../ir/nearest-name.ts';
import { paramsText } from '../../ir/params-text.ts';
import { readBySchema } from '../../ir/read-by-schema.ts';
import type { SchemaFault } from '../../ir/schema-findings.ts';
import type { ProblemPart } from '../http/problem.ts';
import { ApiProblem } from '../http/problem.ts';

/**
 * The parameters of a run, checked against the pipeline's JSON Schema, with its defaults filled in.
 *
 * @throws ApiProblem `invalidParams` that names every parameter at fault.
 */
export function validateParams(pipeline: string, schema: JsonSchema, given: JsonObject): JsonObject {
  const unknown = new Set(unknownParams(schema, given));
  const named = Object.entries(given).filter(([name]) => !unknown.has(name));
  const { value: params, faults } = readBySchema(schema, Object.fromEntries(named));
  const known = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
  const parts = [...[...unknown].map((name) => unknownPart(name, known)), ...partsOf(faults, '(params)')];
  if (parts.length === 0) return params;
  throw new ApiProblem('invalidParams', sentence(`Parameters of ${pipeline}`, parts), {
    parts,
    next: known.length === 0 ? `${pipeline} has no parameters.` : `${pipeline} takes ${paramsText(schema)}.`,
  });
}

/**
 * Refuses what a person filled in on approving, early: the run makes the very same check, and fills in defaults.
 *
 * @throws ApiProblem `invalidParams`.
 */
export function validateForm(what: string, schema: JsonSchema | null, given: JsonValue): void {
  const { faults } = readForm(schema, given);
  const parts = partsOf(faults, '(form)');
  if (parts.length > 0) throw new ApiProblem('invalidParams', sentence(what, parts), { parts });
}

function partsOf(faults: readonly SchemaFault[], whole: string): readonly ProblemPart[] {
  return faults.map(({ at, message }) => ({ at: at || whole, message }));
}

function sentence(what: string, parts: readonly ProblemPart[]): string {
  const text = `${what}: ${parts.map((part) => `${part.at}: ${part.message}`).join('; ')}`;
  return text.endsWith('?') ? text : `${text}.`;
}

/**
 * Names of parameters that nobody reads: a typing error, which zod would drop without a word. A schema that says what other
 * fields are, or names none, takes any.
 */
export function unknownParams({ properties, additionalProperties }: JsonSchema, given: JsonObject): readonly string[] {
  if (!isJsonObject(properties) || isJsonObject(additionalProperties)) return [];
  return Object.keys(given).filter((name) => !Object.hasOwn(properties, name));
}

function unknownPart(name: string, known: readonly string[]): ProblemPart {
  const near = nearestName(name, known);
  return { at: name, message: near === null ? 'no such parameter' : `no such parameter; did you mean ${near}?` };
}
