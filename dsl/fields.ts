import type { z } from 'zod';
import type { Binding } from '../ir/binding.ts';
import { isJsonObject, type JsonSchema } from '../ir/json.ts';
import { zodText } from '../ir/zod-text.ts';
import { areDisjoint, kindsOf, kindsTaken, kindsText } from './json-kinds.ts';
import { lowerIn } from './lower.ts';
import { refusal, type Scope } from './recorder.ts';
import { isRef, REF } from './ref.ts';

/**
 * The bindings of what a step or pipeline is given, by field. Values that are there already are checked at once; of what
 * comes from other tasks, whether it is of a kind that fits, where that is known. The rest is checked when the task runs.
 *
 * @throws CompileError `unknownField`, `badValue` or `escapingRef`.
 */
export function fieldsOf(
  scope: Scope,
  schema: z.ZodObject,
  given: unknown,
  title: string,
  noun: 'input' | 'parameter',
): Readonly<Record<string, Binding>> {
  const values = spread(scope, schema, given, title);
  const unknown = Object.keys(values).find((field) => !Object.hasOwn(schema.shape, field) && isClosed(schema));
  if (unknown !== undefined) {
    const known = Object.keys(schema.shape).map((field) => `'${field}'`);
    throw refusal(
      'unknownField',
      scope,
      `${title} has no ${noun} '${unknown}'`,
      known.length > 0 ? `It takes ${known.join(', ')}.` : 'It takes nothing.',
    );
  }
  const bindings = Object.entries(values).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, lowerIn(scope, value, `${noun} '${field}' of ${title}`)] as const],
  );
  const fields = Object.fromEntries(bindings);
  for (const [field, fieldSchema] of Object.entries(schema.shape)) {
    const at = `${noun} '${field}' of ${title}`;
    checkField(scope, fieldSchema as z.ZodType, fields[field], at);
    checkKind(scope, fieldSchema as z.ZodType, values[field], at);
  }
  return fields;
}

/** A Ref to the whole is a Ref to each field of it that both sides know. */
function spread(scope: Scope, schema: z.ZodObject, given: unknown, title: string): Record<string, unknown> {
  if (isRef(given)) {
    const whole = given as unknown as Record<string, unknown>;
    const fields = Object.keys(schema.shape).filter((field) => mayHave(given[REF].schema, field));
    return Object.fromEntries(fields.map((field) => [field, whole[field]]));
  }
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given };
  if (given === undefined) return {};
  throw refusal('badValue', scope, `${title} takes an object of named fields, and was given a ${typeof given}`);
}

function mayHave(schema: JsonSchema | null, field: string): boolean {
  if (!schema || !isJsonObject(schema.properties) || isJsonObject(schema.additionalProperties)) return true;
  return Object.hasOwn(schema.properties, field);
}

/** Whether the schema takes no other fields than it names. */
function isClosed(schema: z.ZodObject): boolean {
  const { catchall } = schema._zod.def;
  return catchall === undefined || catchall._zod.def.type === 'never';
}

function checkField(scope: Scope, schema: z.ZodType, binding: Binding | undefined, at: string): void {
  if (binding !== undefined && binding.kind !== 'literal') return;
  const parsed = tryParse(schema, binding?.value);
  if (parsed === null || parsed.success) return;
  if (binding === undefined) throw refusal('badValue', scope, `${at} is missing`);
  const issue = parsed.error.issues[0];
  const path = issue && issue.path.length > 0 ? ` (at ${issue.path.join('.')})` : '';
  throw refusal('badValue', scope, `${at} does not fit${path}: ${zodText(issue ?? parsed.error)}`);
}

function checkKind(scope: Scope, schema: z.ZodType, value: unknown, at: string): void {
  if (!isRef(value)) return;
  const { schema: given, title } = value[REF];
  const [is, takes] = [kindsOf(given), kindsTaken(schema)];
  if (is === null || takes === null || !areDisjoint(is, takes)) return;
  throw refusal('badValue', scope, `${at} has to be ${kindsText(takes)}, and ${title} is ${kindsText(is)}`);
}

/** Null for a schema whose own checks are asynchronous: those are made when the task runs. */
function tryParse(schema: z.ZodType, value: unknown): z.ZodSafeParseResult<unknown> | null {
  try {
    return schema.safeParse(value, { reportInput: true });
  } catch {
    return null;
  }
}
