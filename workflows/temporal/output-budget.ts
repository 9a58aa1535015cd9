import { graphFailure } from '../../ir/graph-failure.ts';
import type { JsonValue } from '../../ir/json.ts';
import { jsonSize } from './json-size.ts';
import { mebibytes } from './payload-limits.ts';

/** Counts what a task, or a part, gave, and gives it back. */
export type OutputBudget = <T extends JsonValue>(path: string, output: T) => T;

/**
 * Counts what the tasks of a workflow give, all of which it holds in memory. Fails the task that goes beyond what it may.
 *
 * @param most bytes of JSON.
 */
export function outputBudget(most: number): OutputBudget {
  let used = 0;
  return (path, output) => {
    const size = jsonSize(output);
    used += size;
    if (used <= most) return output;
    throw graphFailure(
      `With the output of '${path}' (${mebibytes(size)}), those of the run are ${mebibytes(used)} of JSON together, ` +
        `and ${mebibytes(most)} are allowed. Write data as artifacts (task.write) and return their references.`,
    );
  };
}
