/** What the worker on the control queue bundles: everything that Temporal may start, by its name. */
export { millraceBackfill, millraceBackfillRun } from './backfill-workflow.ts';
export { millracePart } from './part-workflow.ts';
export { millraceRollout } from './rollout-workflow.ts';
export { millraceRun } from './run-workflow.ts';
export { millraceScheduledRun } from './scheduled-run-workflow.ts';
