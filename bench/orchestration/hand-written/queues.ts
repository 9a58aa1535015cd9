/** The workflows' queue, on which activities are served as well. */
export const ONE_QUEUE = 'hand-written';
/** A queue for activities alone, as Millrace has its `cpu`. */
export const TASK_QUEUE = 'hand-written-tasks';
