import type { AGGREGATES, Path } from '../ir/binding.ts';
import { isJsonObject } from '../ir/json.ts';
import { CompileError } from './compile-error.ts';
import { lower } from './lower.ts';
import { makeRef } from './make-ref.ts';
import { isRef, REF, type Ref, type RefCore, type RefState } from './ref.ts';
import type { Operand } from './wired.ts';

/** A list, in which the slots of failed items are null. */
type List<T> = Ref<readonly (T | null)[]>;
/** A list, or some values and Refs put in one. */
type Values<T> = List<T> | readonly Operand<T>[];
type AnyList = RefCore<readonly unknown[]> | readonly unknown[];

/** How many items a list has; failed ones are not counted. */
export function count(list: RefCore<readonly unknown[]>): Ref<number> {
  return aggregate('count', list, undefined, { type: 'number' });
}

/**
 * The least of a list's numbers or texts. An empty list gives null, and a condition on that fails the task.
 *
 * @param part which field of the items is meant: `min(trials, (trial) => trial.loss)`
 */
export function min<T extends number | string>(list: Values<T>): Ref<T>;
export function min<T, V extends number | string>(list: List<T>, part: (item: Ref<T>) => Ref<V>): Ref<V>;
export function min(list: AnyList, part?: (item: never) => unknown): Ref<unknown> {
  return aggregate('min', list, part, null);
}

/** The greatest of a list's numbers or texts; otherwise as `min`. */
export function max<T extends number | string>(list: Values<T>): Ref<T>;
export function max<T, V extends number | string>(list: List<T>, part: (item: Ref<T>) => Ref<V>): Ref<V>;
export function max(list: AnyList, part?: (item: never) => unknown): Ref<unknown> {
  return aggregate('max', list, part, null);
}

/** Whether all of a list's booleans are true. A failed item's empty slot is not; of an empty list, they are. */
export function all(list: Values<boolean>): Ref<boolean>;
export function all<T>(list: List<T>, part: (item: Ref<T>) => Ref<boolean>): Ref<boolean>;
export function all(list: AnyList, part?: (item: never) => unknown): Ref<unknown> {
  return aggregate('all', list, part, { type: 'boolean' });
}

/** Whether any of a list's booleans is true. */
export function any(list: Values<boolean>): Ref<boolean>;
export function any<T>(list: List<T>, part: (item: Ref<T>) => Ref<boolean>): Ref<boolean>;
export function any(list: AnyList, part?: (item: never) => unknown): Ref<unknown> {
  return aggregate('any', list, part, { type: 'boolean' });
}

function aggregate<T>(
  op: (typeof AGGREGATES)[number],
  list: AnyList,
  part: ((item: never) => unknown) | undefined,
  schema: { readonly type: string } | null,
): Ref<T> {
  const of = lower(list, `the list of ${op}`);
  const path = part ? pathOf(op, part, isRef(list) ? list[REF] : null) : [];
  const title = `the ${op} of ${isRef(list) ? list[REF].title : 'a list'}`;
  return makeRef({ binding: { kind: 'aggregate', op, of: of.binding, path }, origins: of.origins, title, schema });
}

/**
 * The path that a function takes into an item: it is shown a stand-in, and what it gives says the path.
 *
 * @param list what is known of the list; null for one that the file puts together
 * @throws CompileError `unknownField` for a field that the items do not have.
 */
function pathOf(op: string, part: (item: never) => unknown, list: RefState | null): Path {
  const home = `${op}`;
  const items = list?.schema?.items;
  const item = makeRef<never>({
    binding: { kind: 'item', fanOut: home, field: 'item', path: [] },
    origins: [],
    title: itemTitle(list),
    schema: isJsonObject(items) ? items : null,
  });
  const picked = part(item as never);
  const binding = isRef(picked) ? picked[REF].binding : null;
  if (binding?.kind === 'item' && binding.fanOut === home) return binding.path;
  throw new CompileError(
    'badValue',
    `The second argument of ${op} says which field of the items is meant, as in ${op}(trials, (trial) => trial.auc); ` +
      'it can only name a field.',
  );
}

function itemTitle(list: RefState | null): string {
  if (list === null) return 'an item of the list';
  return list.itemTitle ?? `an item of ${list.title}`;
}
