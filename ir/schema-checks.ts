import { canonicalJson, type JsonValue } from './json.ts';
import { typeText } from './zod-text.ts';

/** What one keyword says of a value, and of nothing in it. */
export interface Check {
  readonly fits: (value: JsonValue) => boolean;
  /** What is wrong with a value that does not fit, as a sentence goes on: `has to be at least 1, and is 0`. */
  readonly tell: (value: JsonValue) => string;
}

/** Numbers are shown; texts never, for they may be somebody's data. */
function check(fits: (value: JsonValue) => boolean, message: string): Check {
  return { fits, tell: (value) => (typeof value === 'number' ? `${message}, and is ${value}` : message) };
}

export const CHECKS: Readonly<Record<string, (demand: JsonValue) => Check>> = {
  type: (demand) => {
    const types = listOf(demand).map(String);
    const message = `has to be ${types.map(typeText).join(' or ')}`;
    return {
      fits: (value) => types.some((type) => isOfType(type, value)),
      tell: (value) => `${message}, and is ${typeof value === 'number' ? value : typeText(typeOf(value))}`,
    };
  },
  enum: (demand) => {
    const texts = listOf(demand).map(canonicalJson);
    const allowed = new Set(texts);
    return check((value) => allowed.has(canonicalJson(value)), `has to be one of ${texts.join(', ')}`);
  },
  const: (demand) => {
    const text = canonicalJson(demand);
    return check((value) => canonicalJson(value) === text, `has to be ${text}`);
  },
  minimum: ofNumber('at least', (value, bound) => value >= bound),
  maximum: ofNumber('at most', (value, bound) => value <= bound),
  exclusiveMinimum: ofNumber('more than', (value, bound) => value > bound),
  exclusiveMaximum: ofNumber('less than', (value, bound) => value < bound),
  multipleOf: ofNumber('a multiple of', isMultiple),
  minLength: ofLength('at least', 'characters', charactersOf),
  maxLength: ofLength('at most', 'characters', charactersOf),
  minItems: ofLength('at least', 'items', itemsOf),
  maxItems: ofLength('at most', 'items', itemsOf),
  pattern: (demand) => {
    const pattern = patternOf(String(demand));
    return check((value) => typeof value !== 'string' || pattern.test(value), `has to match ${demand}`);
  },
};

/** JSON Schema wants patterns of Unicode; zod also takes some that are none, and writes down what it was given. */
export function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    return new RegExp(text);
  }
}

/** Null is what JSON makes of an infinite bound, which bounds nothing. */
function ofNumber(words: string, fits: (value: number, demand: number) => boolean): (demand: JsonValue) => Check {
  return (demand) =>
    check(
      (value) => typeof value !== 'number' || typeof demand !== 'number' || fits(value, demand),
      `has to be ${words} ${demand}`,
    );
}

/** 0.29 / 0.01 is 28.999999999999996. The tolerance is that of zod's `floatSafeRemainder`. */
function isMultiple(value: number, step: number): boolean {
  const ratio = value / step;
  const off = Math.abs(ratio - Math.round(ratio));
  return off === 0 || off < 4 * Number.EPSILON * Math.max(Math.abs(ratio), 1);
}

function ofLength(words: 'at least' | 'at most', what: string, lengthOf: (value: JsonValue) => number | null) {
  const fits = (length: number, bound: number) => (words === 'at least' ? length >= bound : length <= bound);
  return (demand: JsonValue): Check =>
    check((value) => {
      const length = lengthOf(value);
      return length === null || fits(length, Number(demand));
    }, `has to have ${words} ${demand} ${what}`);
}

function charactersOf(value: JsonValue): number | null {
  return typeof value === 'string' ? [...value].length : null;
}

function itemsOf(value: JsonValue): number | null {
  return Array.isArray(value) ? value.length : null;
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isOfType(type: string, value: JsonValue): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type;
}

function listOf(demand: JsonValue): readonly JsonValue[] {
  return Array.isArray(demand) ? demand : [demand];
}
