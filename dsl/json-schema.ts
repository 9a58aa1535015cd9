import { z } from 'zod';
import type { JsonSchema } from '../ir/json.ts';
import { CompileError } from './compile-error.ts';

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
 * As `jsonSchemaOf`, for data that is checked by its JSON Schema alone, where no code of the user's runs: a transform,
 * a refinement or a pattern's flags would be passed over without a word, so they are refused.
 */
export function plainJsonSchemaOf(schema: z.ZodType, subject: string): JsonSchema {
  jsonSchemaOf(schema, 'output', subject);
  z.toJSONSchema(schema, {
    io: 'output',
    override: ({ zodSchema, path }) => {
      const lost = zodSchema._zod.def.checks?.map((check) => lostBy(check._zod.def)).find((what) => what !== null);
      if (!lost) return;
      throw new CompileError(
        'schema',
        `${subject}${fieldOf(path)} ${lost}, which would not be run: it is checked by its JSON Schema alone. ` +
          'Move the check into a step.',
      );
    },
  });
  return jsonSchemaOf(schema, 'input', subject);
}

/** What JSON Schema does not say of a check, so that it would be lost; null for what it says. */
function lostBy(check: z.core.$ZodCheckDef): string | null {
  if (check.check === 'custom') return 'has a refinement';
  if (check.check === 'overwrite') return 'changes its text (as .trim() does)';
  const pattern = 'pattern' in check ? check.pattern : null;
  if (pattern instanceof RegExp && /[ims]/.test(pattern.flags))
    return `has a pattern with the flags '${pattern.flags}'`;
  return null;
}

const CURES: Readonly<Record<string, string>> = {
  date: 'Use z.iso.datetime() or z.iso.date(), and make a Date of it in the handler.',
  bigint: 'Use z.int(), or z.string() for what does not fit.',
  transform: 'Give the plain shape here and change the value in the handler.',
  map: 'Use z.record().',
  set: 'Use z.array().',
  undefined: 'Use .optional().',
  custom: 'Give the shape, as with z.object(), and add a .refine() to it.',
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
