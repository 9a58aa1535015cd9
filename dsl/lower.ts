import type { Binding } from '../ir/binding.ts';
import type { JsonValue } from '../ir/json.ts';
import { CompileError } from './compile-error.ts';
import { isCondition } from './condition.ts';
import { currentScope, refusal, type Scope } from './recorder.ts';
import { isRef, type Origin, REF } from './ref.ts';

/** A value as the IR says it, and the scopes that its parts belong to. */
export interface Lowered {
  readonly binding: Binding;
  readonly origins: readonly Origin[];
}

/**
 * The binding of a mixture of values and Refs.
 *
 * @param at what the value is, for errors: `input 'training'`
 * @throws CompileError `badValue` for what JSON cannot say.
 */
export function lower(value: unknown, at: string): Lowered {
  if (isRef(value)) return value[REF];
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return literal(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw badValue(`${at} is ${value}, which JSON cannot say`);
    return literal(value);
  }
  if (Array.isArray(value)) return lowerArray(value, at);
  if (isPlainObject(value)) return lowerObject(value, at);
  throw badValue(`${at} is ${describe(value)}`);
}

/** As `lower`, in a scope: a value that belongs to another scope is refused. */
export function lowerIn(scope: Scope, value: unknown, at: string): Binding {
  const { binding, origins } = lower(value, at);
  checkVisible(scope, origins, at);
  return binding;
}

/** An error that names the pipeline where one is being described. `what` is a sentence without its full stop. */
export function badValue(what: string, cure?: string): CompileError {
  const scope = currentScope();
  if (scope) return refusal('badValue', scope, what, cure);
  return new CompileError('badValue', `${what}.${cure ? ` ${cure}` : ''}`);
}

/** @throws CompileError `escapingRef` for a value made in a scope that `scope` is not in. */
export function checkVisible(scope: Scope, origins: readonly Origin[], at: string): void {
  for (const origin of origins) {
    if (!isInside(scope, origin.scope)) throw escaping(scope, origin, at);
  }
}

function isInside(scope: Scope, outer: Scope): boolean {
  for (let place: Scope | null = scope; place; place = place.parent) if (place === outer) return true;
  return false;
}

function escaping(scope: Scope, origin: Origin, at: string): Error {
  const from = origin.scope;
  if (from.pipeline !== scope.pipeline || from.compilation !== scope.compilation) {
    return refusal(
      'escapingRef',
      scope,
      `${at} comes from pipeline '${from.pipeline}' (${origin.title})`,
      'Make it a parameter and give it in the call.',
    );
  }
  const cure =
    from.parent?.parent == null
      ? 'The exit handler also runs when the body has failed, so it knows only `run` and `params`.'
      : `Return it from ${from.title} and use what that gives.`;
  return refusal('escapingRef', scope, `${at} is ${origin.title}, which exists only in ${from.title}`, cure);
}

function literal(value: JsonValue): Lowered {
  return { binding: { kind: 'literal', value }, origins: [] };
}

function lowerArray(value: readonly unknown[], at: string): Lowered {
  const items = Array.from(value, (item, index) => lower(item, `${at}[${index}]`));
  const bindings = items.map((item) => item.binding);
  const values = bindings.flatMap((binding) => (binding.kind === 'literal' ? [binding.value] : []));
  if (values.length === bindings.length) return literal(values);
  return { binding: { kind: 'array', items: bindings }, origins: items.flatMap((item) => item.origins) };
}

function lowerObject(value: object, at: string): Lowered {
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => [name, lower(field, `${at}.${name}`)] as const);
  const values = entries.flatMap(([name, { binding }]) =>
    binding.kind === 'literal' ? [[name, binding.value] as const] : [],
  );
  if (values.length === entries.length) return literal(Object.fromEntries(values));
  const fields = Object.fromEntries(entries.map(([name, { binding }]) => [name, binding]));
  return { binding: { kind: 'object', fields }, origins: entries.flatMap(([, { origins }]) => origins) };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isCondition(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  // A file that is loaded in another realm has another Object.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  if (isCondition(value)) return 'a condition, which only `when` and `until` can test';
  if (value instanceof Date) return 'a Date: give text, as of toISOString()';
  if (typeof value === 'function') return 'a function: call the step and give what it returns';
  if (value instanceof Promise) return 'a promise: nothing can be awaited while the pipeline is described';
  if (value === undefined) return 'undefined: use null, or leave it out';
  return `a ${typeof value === 'object' ? value?.constructor?.name : typeof value}, which JSON cannot say`;
}
