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
  const known = isJsonObject(schema.properties) ? Object.keys(schema.properties) : null;
  const unknown = known && !isJsonObject(schema.additionalProperties) ? unknownParams(given, known) : [];
  const named = Object.entries(given).filter(([name]) => !unknown.some(({ at }) => at === name));
  const { value: params, faults } = readBySchema(schema, Object.fromEntries(named));
  const parts = [...unknown, ...partsOf(faults, '(params)')];
  if (parts.length === 0) return params;
  throw new ApiProblem('invalidParams', sentence(`Parameters of ${pipeline}`, parts), {
    parts,
    next: !known?.length ? `${pipeline} has no parameters.` : `${pipeline} takes ${paramsText(schema)}.`,
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

/** A parameter that nobody reads is a typing error; zod would drop it without a word. */
function unknownParams(params: Readonly<Record<string, unknown>>, known: readonly string[]): readonly ProblemPart[] {
  return Object.keys(params)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearestName(name, known);
      return { at: name, message: near === null ? 'no such parameter' : `no such parameter; did you mean ${near}?` };
    });
}
