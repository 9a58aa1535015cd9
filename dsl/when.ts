import { branchName, type WhenBranch, WhenNode } from '../ir/nodes/when-node.ts';
import type { KeysOf } from './known-keys.ts';
import { checkVisible } from './lower.ts';
import { afterOf, NODE_KEYS, type NodeOptions } from './node-options.ts';
import { conditionOf, type Test } from './predicates.ts';
import { recordBlock } from './record-block.ts';
import { recordNode } from './record-node.ts';
import { addressIn, claimName, innerScope, type RecordingScope, recordingScope } from './recorder.ts';
import type { Ref } from './ref.ts';
import type { Resolved, Returnable } from './wired.ts';

export interface Branch<R extends Returnable = Returnable> {
  readonly condition: Test;
  readonly do: () => R;
}

export interface WhenOptions<A extends Returnable, E extends readonly Branch[], B extends Returnable>
  extends NodeOptions {
  readonly do: () => A;
  /** Further branches, tested in order when those before did not hold. */
  readonly elseWhen?: E;
  readonly otherwise?: () => B;
}

const WHEN_KEYS: KeysOf<WhenOptions<null, [], null>> = { ...NODE_KEYS, do: true, elseWhen: true, otherwise: true };

/**
 * Runs the tasks of the first branch whose condition holds; the others are skipped. It gives what that branch returned,
 * or null when there was none: values made in a branch leave it only so.
 *
 * @example
 * when(gte(report.auc, 0.7), { do: () => publish({ model }), otherwise: () => notify({ text: 'below the gate' }) })
 */
export function when<A extends Returnable, E extends readonly Branch[] = [], B extends Returnable = null>(
  condition: Test,
  options: WhenOptions<A, E, B>,
): Ref<Resolved<A> | Resolved<ReturnType<E[number]['do']>> | Resolved<B>> {
  const scope = recordingScope('`when`');
  const name = claimName(scope, options.name ?? 'when', 'when');
  const title = `when '${name}'`;
  const cases: readonly Branch[] = [{ condition, do: options.do }, ...(options.elseWhen ?? [])];
  const branches = cases.map((branch, index) => recordBranch(scope, name, branch, branchName(index)));
  const last = options.otherwise && { name: 'otherwise', body: options.otherwise };
  const otherwise = last ? recordBlock(branchScope(scope, name, last.name), last.body).block : null;
  const after = afterOf(scope, options, title, WHEN_KEYS);
  return recordNode(scope, WhenNode.create({ name, after, branches, otherwise }), null);
}

function recordBranch(scope: RecordingScope, node: string, branch: Branch, name: string): WhenBranch {
  const { tree, origins } = conditionOf(branch.condition);
  checkVisible(scope, origins, `the condition of branch '${name}' of when '${node}'`);
  return Object.freeze({ condition: tree, body: recordBlock(branchScope(scope, node, name), branch.do).block });
}

function branchScope(scope: RecordingScope, node: string, branch: string): RecordingScope {
  return innerScope(scope, `${addressIn(scope, node)}/${branch}`, `branch '${branch}' of when '${node}'`);
}
