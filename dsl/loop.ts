import type { JsonSchema } from '../ir/json.ts';
import { LoopNode } from '../ir/nodes/loop-node.ts';
import type { KeysOf } from './known-keys.ts';
import { checkVisible, lowerIn } from './lower.ts';
import { makeRef } from './make-ref.ts';
import { afterOf, NODE_KEYS, type NodeOptions } from './node-options.ts';
import { conditionOf, type Test } from './predicates.ts';
import { recordBlock } from './record-block.ts';
import { recordNode } from './record-node.ts';
import { addressIn, claimName, innerScope, inScope, recordingScope, refusal, type Scope } from './recorder.ts';
import type { Ref } from './ref.ts';
import type { Resolved, Wired } from './wired.ts';

export interface LoopOptions<T> extends NodeOptions {
  /** Tested after each iteration, on what it gave. */
  readonly until: (value: Ref<T>) => Test;
  /** Iterations at most; a loop that reaches it without `until` holding fails. */
  readonly max: number;
}

const LOOP_KEYS: KeysOf<LoopOptions<unknown>> = { ...NODE_KEYS, until: true, max: true };

/**
 * Runs the body's tasks again and again, each time with what the last time gave, until a condition on that holds. It
 * gives the last value.
 *
 * @param body is given the carried value (`initial` in the first iteration) and the iteration, from 0
 * @example loop(start, { max: 20, until: (model) => lt(model.loss, 0.1) }, (model) => improve({ model }))
 */
export function loop<T>(
  initial: T,
  options: LoopOptions<Resolved<T>>,
  body: (value: Ref<Resolved<T>>, iteration: Ref<number>) => Wired<Resolved<NoInfer<T>>>,
): Ref<Resolved<T>> {
  const scope = recordingScope('`loop`');
  const name = claimName(scope, options.name ?? 'loop', 'loop');
  const title = `loop '${name}'`;
  const { max } = options;
  if (!(Number.isInteger(max) && max >= 1)) {
    throw refusal('badValue', scope, `max of ${title} is ${max}; it counts iterations, 1 or more`);
  }
  const start = lowerIn(scope, initial, `the initial value of ${title}`);
  const carriedIn: Scope = { ...innerScope(scope, addressIn(scope, name), `\`until\` of ${title}`), nodes: null };
  const value = carriedRef<Resolved<T>>(carriedIn, title, 'value');
  const inner = innerScope(carriedIn, carriedIn.address, `the body of ${title}`);
  const { block } = recordBlock(inner, () => body(value, carriedRef(carriedIn, title, 'iteration')));
  const until = conditionOf(inScope(carriedIn, () => options.until(value)));
  checkVisible(carriedIn, until.origins, `\`until\` of ${title}`);
  const after = afterOf(scope, options, title, LOOP_KEYS);
  return recordNode(scope, LoopNode.create({ name, after, initial: start, until: until.tree, max, body: block }), null);
}

function carriedRef<T>(scope: Scope, loop: string, field: 'value' | 'iteration'): Ref<T> {
  const schema: JsonSchema | null = field === 'iteration' ? { type: 'integer' } : null;
  const title = `the ${field} carried by ${loop}`;
  return makeRef({
    binding: { kind: 'carried', loop: scope.address, field, path: [] },
    origins: [{ scope, title }],
    title,
    schema,
  });
}
