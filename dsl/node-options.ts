import { nodesReadBy } from '../ir/references.ts';
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

/** The addresses of the nodes that an option `after` names. */
export function afterOf(scope: Scope, { after = [] }: NodeOptions, what: string): readonly string[] {
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
