import type { JsonValue } from '../../ir/json.ts';

/**
 * A copy of a value that is JSON and nothing else; properties that are `undefined` are left out.
 *
 * Stricter than `JSON.stringify`, which turns dates, maps, NaN and class instances into something else without a word.
 *
 * @throws TypeError that begins with `what` and names the path of the first value that JSON cannot say.
 */
export function plainJson(value: unknown, what: string): JsonValue {
  return copy(value, '$', what, []);
}

function copy(value: unknown, path: string, what: string, parents: readonly object[]): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw notJson(what, path, String(value));
  }
  if (typeof value !== 'object') throw notJson(what, path, `a ${typeof value}`);
  if (parents.includes(value)) throw notJson(what, path, 'a reference back to what holds it');
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((item, index) => copy(item, `${path}[${index}]`, what, inside));
  if (!isPlainObject(value)) throw notJson(what, path, `a ${value.constructor?.name ?? 'special object'}`);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, copy(item, `${path}.${key}`, what, inside)]));
}

/** By shape, not by identity of `Object.prototype`: a bundle may run in a realm of its own. */
function isPlainObject(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function notJson(what: string, path: string, found: string): TypeError {
  return new TypeError(
    `${what} holds ${found} at ${path}, which JSON cannot say. Give numbers, texts, booleans, null, lists and plain objects; write anything else as an artifact.`,
  );
}
