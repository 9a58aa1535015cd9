import { isJsonObject, type JsonSchema } from '../ir/json.ts';
import { FanOutNode } from '../ir/nodes/fan-out-node.ts';
import type { KeysOf } from './known-keys.ts';
import { lowerIn } from './lower.ts';
import { makeRef } from './make-ref.ts';
import { afterOf, NODE_KEYS, type NodeOptions } from './node-options.ts';
import { recordBlock } from './record-block.ts';
import { recordNode } from './record-node.ts';
import { addressIn, claimName, innerScope, recordingScope, refusal, type Scope } from './recorder.ts';
import { isRef, REF, type Ref } from './ref.ts';
import type { Resolved, Returnable } from './wired.ts';

export interface FanOutOptions extends NodeOptions {
  /** Items under way at once; no limit but the workers' when left out. */
  readonly concurrency?: number;
  /** The share of items, 0 to 1, that must succeed; 1 when left out. Below 1, failed items give null. */
  readonly minSuccess?: number;
}

const FAN_OUT_KEYS: KeysOf<FanOutOptions> = { ...NODE_KEYS, concurrency: true, minSuccess: true };

/** A list, of values or of Refs to them. */
type Items<T> = Ref<readonly T[]> | readonly T[];
type Body<T, R> = (item: Ref<Resolved<T>>, index: Ref<number>) => R;

/** Whether slots may be null is known where `minSuccess` is absent or the literal 1. */
type Slots<R, O> = 'minSuccess' extends keyof O ? (O['minSuccess'] extends 1 ? R[] : (R | null)[]) : R[];

/**
 * Runs the body's tasks once for each item of a list, which may be made at run time, and gives the array of what the
 * bodies returned, in the items' order.
 *
 * @example const trials = fanOut(params.rates, { concurrency: 4 }, (rate) => train({ rows, rate }));
 */
export function fanOut<T, R extends Returnable>(items: Items<T>, body: Body<T, R>): Ref<Resolved<R>[]>;
export function fanOut<T, R extends Returnable, const O extends FanOutOptions>(
  items: Items<T>,
  options: O,
  body: Body<T, R>,
): Ref<Slots<Resolved<R>, O>>;
export function fanOut(
  items: Items<unknown>,
  ...rest: readonly [Body<unknown, Returnable>] | readonly [FanOutOptions, Body<unknown, Returnable>]
): Ref<unknown> {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
  const scope = recordingScope('`fanOut`');
  const name = claimName(scope, options.name ?? 'fanOut', 'fan-out');
  const title = `fan-out '${name}'`;
  const { concurrency = null, minSuccess = 1 } = options;
  checkLimits(scope, title, concurrency, minSuccess);
  const source = lowerIn(scope, items, `the list of ${title}`);
  const inner = innerScope(scope, addressIn(scope, name), `the body of ${title}`);
  const {
    block,
    schema,
    title: itemTitle,
  } = recordBlock(inner, () => body(itemRef(inner, title, items), indexRef(inner, title)));
  const after = afterOf(scope, options, title, FAN_OUT_KEYS);
  const node = FanOutNode.create({ name, after, items: source, concurrency, minSuccess, body: block });
  return recordNode(scope, node, { type: 'array', items: schema ?? {} }, itemTitle);
}

function checkLimits(scope: Scope, title: string, concurrency: number | null, minSuccess: number): void {
  if (concurrency !== null && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw refusal('badValue', scope, `the concurrency of ${title} is ${concurrency}; it counts items, 1 or more`);
  }
  if (!(minSuccess >= 0 && minSuccess <= 1)) {
    throw refusal('badValue', scope, `minSuccess of ${title} is ${minSuccess}; it is a share, from 0 to 1`);
  }
}

function itemRef(scope: Scope, title: string, items: Items<unknown>): Ref<never> {
  const list = isRef(items) ? items[REF].schema : null;
  return insideRef(scope, 'item', `the item of ${title}`, list && isJsonObject(list.items) ? list.items : null);
}

function indexRef(scope: Scope, title: string): Ref<number> {
  return insideRef(scope, 'index', `the index of ${title}`, { type: 'integer' });
}

function insideRef<T>(scope: Scope, field: 'item' | 'index', title: string, schema: JsonSchema | null): Ref<T> {
  return makeRef({
    binding: { kind: 'item', fanOut: scope.address, field, path: [] },
    origins: [{ scope, title }],
    title,
    schema,
  });
}
