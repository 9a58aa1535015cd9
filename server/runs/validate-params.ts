import { readForm } from '../../ir/approval-form.ts';
import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';
import { paramsText } from '../../ir/params-text.ts';
import { faultText, readParams } from '../../ir/read-params.ts';
import { ApiProblem } from '../http/problem.ts';

/**
 * The parameters of a run, checked against the pipeline's JSON Schema, with its defaults filled in.
 *
 * @throws ApiProblem `invalidParams` that names every parameter at fault.
 */
export function validateParams(pipeline: string, schema: JsonSchema, given: JsonObject): JsonObject {
  const { params, faults } = readParams(schema, given);
  if (faults.length === 0) return params;
  const hasNone = !isJsonObject(schema.properties) || Object.keys(schema.properties).length === 0;
  throw new ApiProblem('invalidParams', faultText(`Parameters of ${pipeline}`, faults), {
    parts: faults,
    next: hasNone ? `${pipeline} has no parameters.` : `${pipeline} takes ${paramsText(schema)}.`,
  });
}

/**
 * Refuses what a person filled in on approving, early: the run makes the very same check, and fills in defaults.
 *
 * @throws ApiProblem `invalidParams`.
 */
export function validateForm(what: string, schema: JsonSchema | null, given: JsonValue): void {
  const parts = readForm(schema, given).faults.map(({ at, message }) => ({ at: at || '(form)', message }));
  if (parts.length > 0) throw new ApiProblem('invalidParams', faultText(what, parts), { parts });
}
