import type { Binding } from '../binding.ts';
import type { TaskOverrides } from '../step-contract.ts';
import { type NodeBase, node } from './node-base.ts';

/** One call of a step. It gives the step's output. */
export interface TaskNode extends NodeBase {
  readonly kind: 'task';
  /** A key of the pipeline's `steps`. */
  readonly step: string;
  readonly inputs: Readonly<Record<string, Binding>>;
  readonly overrides: TaskOverrides;
  /** What stands for the inputs in the cache key; they do themselves where it is left out. */
  readonly identity?: Binding;
}

export const TaskNode = node<TaskNode>('task');
