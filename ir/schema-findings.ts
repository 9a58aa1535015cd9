import type { JsonValue } from './json.ts';

/** What is wrong at one place of a value. */
export interface SchemaFault {
  /** Names and indices on the way there, joined by dots; '' is the whole value. */
  readonly at: string;
  /** As a sentence goes on: `has to be at least 1, and is 0`. */
  readonly message: string;
}

/** A place in the value, seen from there; null is the whole. */
export type Place = { readonly up: Place; readonly name: string | number; readonly depth: number } | null;

/** A fault before it is put in words: the alternatives of a union give many that nobody reads. */
interface Found {
  readonly place: Place;
  readonly value: JsonValue;
  readonly tell: (value: JsonValue) => string;
}

export interface Findings {
  readonly all: Found[];
  /** Whether one fault is enough, as for an alternative of a union. */
  readonly isTrial: boolean;
}

/** Gives the value with its defaults, and adds what is wrong with it. */
export type Reader = (value: JsonValue, place: Place, findings: Findings) => JsonValue;

/** A schema that refers to itself takes values of any depth, and no stack does. */
export const DEEPEST = 500;
export class TooDeep extends Error {}

export function inside(up: Place, name: string | number): Place {
  const depth = up === null ? 1 : up.depth + 1;
  if (depth > DEEPEST) throw new TooDeep();
  return { up, name, depth };
}

export function faultOf({ place, value, tell }: Found): SchemaFault {
  const names: (string | number)[] = [];
  for (let step = place; step !== null; step = step.up) names.push(step.name);
  return { at: names.reverse().join('.'), message: tell(value) };
}

/** Whether more faults would change nothing. */
export function isDecided({ all, isTrial }: Findings): boolean {
  return isTrial && all.length > 0;
}

export function refusing(message: string): Reader {
  return (value, place, { all }) => {
    all.push({ place, value, tell: () => message });
    return value;
  };
}

/** What one alternative makes of a value; null where it does not fit. */
export function tried(read: Reader, value: JsonValue, place: Place): { readonly value: JsonValue } | null {
  const findings: Findings = { all: [], isTrial: true };
  const after = read(value, place, findings);
  return findings.all.length === 0 ? { value: after } : null;
}

export const unchanged: Reader = (value) => value;
