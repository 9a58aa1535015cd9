import { z } from 'zod';
import { isJsonObject, type JsonSchema } from '../ir/json.ts';
import { typeText } from '../ir/zod-text.ts';
import { ARTIFACT_KEYWORD } from './artifact-types.ts';

/**
 * The kinds of JSON value that a schema allows: names of JSON Schema's types, without the finer `integer`, and of an
 * artifact `artifact dataset` and the like. Null where the schema does not say.
 */
export type JsonKinds = ReadonlySet<string> | null;

/** What a zod schema takes: one that coerces, catches what is wrong, or changes what comes first takes anything. */
export function kindsTaken(schema: z.ZodType): JsonKinds {
  const document = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      const takesAny = def.type === 'catch' || ('coerce' in def && def.coerce === true) || isPreprocess(def);
      if (takesAny) for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword];
    },
  });
  return kindsOf(document);
}

/** Its JSON Schema is that of what comes out of it. */
function isPreprocess(def: z.core.$ZodTypeDef): boolean {
  return def.type === 'pipe' && 'in' in def && def.in instanceof z.core.$ZodTransform;
}

/** References to other places, and whatever narrows a schema further, are not looked at: they say less, never more. */
export function kindsOf(schema: unknown): JsonKinds {
  if (!isJsonObject(schema)) return null;
  if (typeof schema[ARTIFACT_KEYWORD] === 'string') return new Set([`${ARTIFACT} ${schema[ARTIFACT_KEYWORD]}`]);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) return united(alternatives.map(kindsOf));
  const { type } = schema;
  if (type === 'object' && isPlain(schema)) return new Set([PLAIN_OBJECT]);
  if (typeof type === 'string') return new Set([coarse(type)]);
  if (Array.isArray(type)) return new Set(type.map((each) => coarse(String(each))));
  return null;
}

function united(parts: readonly JsonKinds[]): JsonKinds {
  const known = parts.filter((part) => part !== null);
  return known.length === parts.length && known.length > 0 ? new Set(known.flatMap((part) => [...part])) : null;
}

const ARTIFACT = 'artifact';
/** An object that is certainly no artifact. */
const PLAIN_OBJECT = 'plain object';

function isPlain({ properties, additionalProperties }: JsonSchema): boolean {
  return additionalProperties === false && isJsonObject(properties) && !Object.hasOwn(properties, 'artifact');
}

function coarse(type: string): string {
  return type === 'integer' ? 'number' : type;
}

/** Whether no value of the one is of the other. */
export function areDisjoint(given: ReadonlySet<string>, taken: ReadonlySet<string>): boolean {
  return [...given].every((one) => [...taken].every((other) => !overlap(one, other)));
}

/** An artifact is written as an object, so that what takes objects of any fields takes it. */
function overlap(one: string, other: string): boolean {
  if (one === other) return true;
  const [low, high] = [one, other].sort();
  if (high === PLAIN_OBJECT) return low === 'object';
  return high === 'object' && low !== undefined && low.startsWith(`${ARTIFACT} `);
}

/** `text`, `a number or nothing`, `a dataset`. */
export function kindsText(kinds: ReadonlySet<string>): string {
  return [...kinds].map(kindText).join(' or ');
}

function kindText(kind: string): string {
  if (kind.startsWith(`${ARTIFACT} `)) return `the artifact '${kind.slice(ARTIFACT.length + 1)}'`;
  return kind === PLAIN_OBJECT ? 'an object' : typeText(kind);
}
