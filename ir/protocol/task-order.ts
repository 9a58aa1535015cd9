import type { TaskDispatch } from './task-dispatch.ts';

/**
 * A task as it travels through Temporal: the dispatch without what every worker can read from the compiled pipeline, so
 * that a wide fan-out does not write the step's schemas into its history once for each item.
 */
export interface TaskOrder extends Omit<TaskDispatch, 'contract' | 'code'> {
  readonly compiledDigest: string;
  readonly step: string;
  /** From 1; grows with every order of the same task. */
  readonly attempt: number;
}
