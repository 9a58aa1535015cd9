import { addressesOf } from './node-options.ts';
import { addressIn, recordingScope, refusal } from './recorder.ts';
import { REF, type RefCore } from './ref.ts';

/**
 * Makes a task wait for others whose output it does not read. The option `after` of a call says the same where the
 * others come first; this says it later.
 *
 * @example after(train({ rows }), cleanUp({ folder })) // train starts when cleanUp has succeeded
 * @throws CompileError `cycle`, at the end of the scope, when tasks wait for each other in a circle.
 */
export function after(task: RefCore<unknown>, ...prerequisites: readonly RefCore<unknown>[]): void {
  const scope = recordingScope('`after`');
  const { binding, title } = task[REF];
  const address = binding.kind === 'output' ? binding.node : null;
  const index = scope.nodes.findIndex(({ name }) => addressIn(scope, name) === address);
  const node = scope.nodes[index];
  if (!node) {
    throw refusal(
      'badValue',
      scope,
      `\`after\` was given ${title} to delay, which is no task of ${scope.title}`,
      'Call it in the scope in which the task stands.',
    );
  }
  const added = prerequisites.flatMap((ref) => addressesOf(scope, ref, '`after`'));
  const all = [...new Set([...node.after, ...added])].sort();
  scope.nodes[index] = Object.freeze({ ...node, after: all });
}
