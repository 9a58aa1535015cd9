/*
 * Temporal's worker takes a stack trace of every promise in a workflow, frame by frame through the source map, for its
 * `__stack_trace` query. Here that query tells nobody anything, for all it can show is the interpreter; and it was most
 * of what the interpreter cost: without it a chain of tasks takes three quarters of its time, and light tasks half.
 *
 * What it costs: a defect of the workflow's own code shows its message and no place. Take this file out of
 * scripts/bundle-workflows.js and replay the run's history to see it.
 *
 * It has to be loaded before any workflow is: after that the sandbox is frozen.
 */
Error.stackTraceLimit = 0;
