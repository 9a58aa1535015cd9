import { z } from 'zod';
import type { JsonSchema } from '../ir/json.ts';
import { CompileError } from './compile-error.ts';
import { lostOf } from './lost-in-json-schema.ts';

/**
 * The JSON Schema (draft 2020-12) of a zod schema: of what goes in (`input`) or comes out (`output`) of parsing.
 *
 * @param subject what the schema is of, as the beginning of a sentence: `The input of step 'train'`
 * @throws CompileError `schema` naming the field that JSON Schema cannot say.
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output', subject: string): JsonSchema {
  try {
    const { $schema: _, ...document } = z.toJSONSchema(schema, { io });
    return document as JsonSchema;
  } catch (error) {
    throw unrepresentable(schema, io, subject, error);
  }
}

/**
 * As `jsonSchemaOf`, for data that is read by its JSON Schema alone, where no code of the user's runs: what that does not
 * say would be passed over without a word, so it is refused.
 *
 * @throws CompileError `schema` naming the field and what JSON Schema cannot say of it.
 */
export function plainJsonSchemaOf(schema: z.ZodType, subject: string): JsonSchema {
  jsonSchemaOf(schema, 'output', subject);
  z.toJSONSchema(schema, {
    io: 'output',
    override: ({ zodSchema, path }) => {
      const lost = lostOf(zodSchema);
      if (lost === null) return;
      throw new CompileError(
        'schema',
        `${subject}${fieldOf(path)} ${lost.what}, which would be passed over: it is read by its JSON Schema alone. ${lost.cure}`,
      );
    },
  });
  return jsonSchemaOf(schema, 'input', subject);
}

const CURES: Readonly<Record<string, string>> = {
  date: 'Use z.iso.datetime() or z.iso.date(), and make a Date of it in the handler.',
  bigint: 'Use z.int(), or z.string() for what does not fit.',
  transform: 'Give the plain shape here and change the value in the handler.',
  map: 'Use z.record().',
  set: 'Use z.array().',
  undefined: 'Use .optional().',
  custom: 'Give the shape, as with z.object(), and check the rest in a step.',
};

function unrepresentable(schema: z.ZodType, io: 'input' | 'output', subject: string, cause: unknown): CompileError {
  const found: { type: string; field: string }[] = [];
  z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema, path }) => {
      const { type } = zodSchema._zod.def;
      if (Object.keys(jsonSchema).length === 0 && type !== 'any' && type !== 'unknown') {
        found.push({ type, field: fieldOf(path) });
      }
    },
  });
  const { type, field } = found[0] ?? { type: 'unknown', field: '' };
  const cure = CURES[type] ?? 'Say it with strings, numbers, booleans, lists and objects.';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CompileError('schema', `${subject}${field} has no JSON Schema (${reason}). ${cure}`, { cause });
}

/** `['properties', 'rates', 'items']` is `: field 'rates'`. */
function fieldOf(path: readonly (string | number)[]): string {
  const names = path.filter((_, index) => path[index - 1] === 'properties');
  return names.length > 0 ? `: field '${names.join('.')}'` : '';
}
