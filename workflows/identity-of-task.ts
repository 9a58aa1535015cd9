import { evaluateBinding } from '../ir/evaluate-binding.ts';
import type { JsonValue } from '../ir/json.ts';
import type { TaskNode } from '../ir/nodes/task-node.ts';
import type { Execution } from './execution.ts';
import { missingIn } from './input-of-task.ts';
import { bindingSource, type Scope } from './scope.ts';

interface Identity {
  /** As a part of the dispatch: without it where the inputs stand for themselves. */
  readonly identity: { readonly identity?: JsonValue };
  /** Why there is none though the call names one. */
  readonly lost: string | null;
}

/**
 * What stands for a task's inputs in its cache key, where its call says so. In a `finally` it may come from a node that
 * gave nothing: the task then runs without the cache, for it would be kept under what many runs have in common.
 */
export function identityOf({ identity }: TaskNode, scope: Scope, execution: Execution): Identity {
  if (identity === undefined) return { identity: {}, lost: null };
  const missing = missingIn(identity, scope);
  if (missing !== null) return { identity: {}, lost: `Its cache key comes from ${missing}.` };
  return { identity: { identity: evaluateBinding(identity, bindingSource(scope, execution)) ?? null }, lost: null };
}
