import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';

/**
 * Whether an input counts in the task's cache key. All do, unless the author has said what a result depends on: the
 * contract by naming some of them, the call by a value that stands for all. What an input points at counts as it does.
 */
export function countedInputs({ settings, identity }: TaskDispatch): (name: string) => boolean {
  const { key } = settings.cache;
  if (identity !== undefined) return () => false;
  return key === undefined ? () => true : (name) => key.includes(name);
}
