import type { z } from 'zod';

/** What of a zod schema its JSON Schema does not say, and what to write instead. */
export interface Lost {
  /** As a sentence goes on: `has a refinement`. */
  readonly what: string;
  readonly cure: string;
}

/** Of these, JSON Schema says the shape, and the value that comes out is the one that went in. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['string', 'number', 'boolean', 'null', 'literal', 'enum', 'template_literal', 'any', 'unknown', 'never'],
  ...['object', 'array', 'tuple', 'record', 'union', 'intersection', 'lazy'],
  ...['optional', 'nonoptional', 'nullable', 'default', 'prefault', 'readonly'],
]);
const PLAIN_CHECKS: ReadonlySet<string> = new Set([
  ...['less_than', 'greater_than', 'multiple_of', 'number_format', 'min_length', 'max_length', 'length_equals'],
  ...['describe', 'meta'],
]);
/** Their patterns say how they are written; whether their check digits are right, no pattern can. */
const SHAPE_ALONE: ReadonlySet<string> = new Set(['credit_card', 'iban']);

const STEP = 'Give the plain shape here, and change or check the value in a step.';
const TYPES: Readonly<Record<string, Lost>> = {
  pipe: {
    what: 'is changed by a transform, a pipe or a codec, as z.stringbool() is',
    cure: 'Give the plain shape here, as z.boolean(), and change the value in a step.',
  },
  catch: { what: 'has a .catch()', cure: 'Use .default() for what is left out; what is wrong is refused.' },
};
const CHECKS: Readonly<Record<string, Lost>> = {
  custom: { what: 'has a refinement', cure: 'Move the check into a step.' },
  overwrite: {
    what: 'is changed by .trim(), .toLowerCase(), .overwrite() or their like',
    cure: 'Change the value in a step.',
  },
};

/** Of this schema alone, and not of those in it. Null where nothing is lost. */
export function lostOf(schema: z.core.$ZodType): Lost | null {
  const { def } = schema._zod;
  if (!PLAIN.has(def.type)) return TYPES[def.type] ?? { what: `is a z.${def.type}()`, cure: STEP };
  if ('coerce' in def && def.coerce === true) {
    return { what: 'is coerced', cure: `Write z.${def.type}(): a value of another type is refused.` };
  }
  // A format such as z.email() is its own check.
  const checks = [def, ...(def.checks ?? []).map((check) => check._zod.def)];
  return checks.reduce<Lost | null>((lost, check) => lost ?? ('check' in check ? lostByCheck(check) : null), null);
}

function lostByCheck(check: object & { readonly check?: unknown }): Lost | null {
  const name = String(check.check);
  if (PLAIN_CHECKS.has(name)) return null;
  if (name !== 'string_format') return CHECKS[name] ?? { what: `has the check '${name}'`, cure: STEP };
  const format = 'format' in check ? String(check.format) : name;
  const pattern = 'pattern' in check && check.pattern instanceof RegExp ? check.pattern : null;
  if (pattern === null || SHAPE_ALONE.has(format)) {
    return {
      what: `has the format '${format}', which no pattern says`,
      cure: 'Use .regex() for what matters of it, or check it in a step.',
    };
  }
  const flags = pattern.flags.replace(/[dguy]/g, '');
  if (flags === '') return null;
  return { what: `has a pattern with the flag ${flags}`, cure: 'Write it without: [Aa] for /a/i.' };
}
