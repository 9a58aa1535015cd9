import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { readForm } from '../../ir/approval-form.ts';
import { isJsonObject, type JsonObject, type JsonSchema, type JsonValue } from '../../ir/json.ts';
import { nearestName } from '../../ir/nearest-name.ts';
import type { ProblemPart } from '../http/problem.ts';
import { ApiProblem } from '../http/problem.ts';

/**
 * The parameters of a run, checked against the pipeline's JSON Schema, with its defaults filled in.
 *
 * @throws ApiProblem `invalidParams` that names every parameter at fault.
 */
export function validateParams(pipeline: string, schema: JsonSchema, given: JsonObject): JsonObject {
  const params = structuredClone(given) as Record<string, JsonValue>;
  const known = isJsonObject(schema.properties) ? Object.keys(schema.properties) : [];
  const unknown = known.length > 0 || schema.additionalProperties === false ? unknownParams(params, known) : [];
  const parts = [...unknown, ...faults(schema, params)];
  if (parts.length === 0) return params;
  throw new ApiProblem('invalidParams', sentence(`Parameters of ${pipeline}`, parts), {
    parts,
    next: known.length === 0 ? `${pipeline} has no parameters.` : `${pipeline} takes ${known.join(', ')}.`,
  });
}

/**
 * Refuses what a person filled in on approving, early: the run makes the very same check, and fills in defaults.
 *
 * @throws ApiProblem `invalidParams`.
 */
export function validateForm(what: string, schema: JsonSchema | null, given: JsonValue): void {
  const { faults } = readForm(schema, given);
  const parts = faults.map(({ at, message }) => ({ at: at || '(form)', message }));
  if (parts.length > 0) throw new ApiProblem('invalidParams', sentence(what, parts), { parts });
}

/** Fills defaults into `value`. */
function faults(schema: JsonSchema, value: JsonValue): readonly ProblemPart[] {
  // Formats are left to the patterns that zod writes beside them: ajv knows none without a package of its own.
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false, validateFormats: false, verbose: true });
  const validate = ajv.compile(schema);
  return validate(value) ? [] : (validate.errors ?? []).filter((error) => !isAboutUnknown(error)).map(partOf);
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

function isAboutUnknown(error: ErrorObject): boolean {
  return error.keyword === 'additionalProperties' && error.instancePath === '';
}

function partOf(error: ErrorObject): ProblemPart {
  const names = error.instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (error.keyword === 'required') {
    return { at: [...names, String(error.params.missingProperty)].join('.'), message: 'is required' };
  }
  return { at: names.join('.') || '(params)', message: `${wrong(error)}${shown(error)}` };
}

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

/** The validator's own words only for what is rare. */
function wrong({ keyword, params, message }: ErrorObject): string {
  if (keyword === 'type') {
    const types = [params.type].flat().map((type) => TYPES[String(type)] ?? String(type));
    return `has to be ${types.join(' or ')}`;
  }
  if (keyword === 'enum') {
    const allowed = (params.allowedValues as readonly unknown[]).map((value) => JSON.stringify(value));
    return `has to be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}`;
  }
  return message ?? 'is not valid';
}

function shown(error: ErrorObject): string {
  const text = JSON.stringify(error.data);
  return text !== undefined && text.length <= 60 ? `, and is ${text}` : '';
}
