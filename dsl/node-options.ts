import { nodesReadBy } from '../ir/references.ts';
import { type KeysOf, refuseUnknownKeys } from './known-keys.ts';
import { checkVisible, lower } from './lower.ts';
import { refusal, type Scope } from './recorder.ts';
import type { RefCore } from './ref.ts';

/** What every node of a graph may be given. */
export interface NodeOptions {
  /** Unique in its scope; part of the task's path. Left out, it is that of the step, or the kind of the node. */
  readonly name?: string;
  /** What must have succeeded before this starts, beside what it reads. */
  readonly after?: RefCore<unknown> | readonly RefCore<unknown>[];
}

/** Spread into the keys of nodes that take more. */
export const NODE_KEYS: KeysOf<NodeOptions> = { name: true, after: true };

/**
 * The addresses of the nodes that the option `after` names.
 *
 * @param known the options that the node takes
 * @throws CompileError `unknownField` for any other.
 */
export function afterOf(
  scope: Scope,
  options: NodeOptions,
  what: string,
  known: Readonly<Record<string, true>> = NODE_KEYS,
): readonly string[] {
  refuseUnknownKeys(`Pipeline '${scope.pipeline}': ${what}`, options, known);
  const { after = [] } = options;
  const refs = Array.isArray(after) ? (after as readonly RefCore<unknown>[]) : [after];
  return [...new Set(refs.flatMap((ref) => addressesOf(scope, ref, `\`after\` of ${what}`)))].sort();
}

/** The addresses of the nodes that a value comes from. */
export function addressesOf(scope: Scope, value: unknown, at: string): readonly string[] {
  const { binding, origins } = lower(value, at);
  checkVisible(scope, origins, at);
  const addresses = nodesReadBy(binding);
  if (addresses.length > 0) return addresses;
  throw refusal('badValue', scope, `${at} names no task`, 'Give what a step, branch, fan-out, loop or wait gave.');
}
