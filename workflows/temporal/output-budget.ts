import type { JsonValue } from '../../ir/json.ts';
import type { TaskDispatch } from '../../ir/protocol/task-dispatch.ts';
import { graphFailure } from '../graph-failure.ts';
import { jsonSize } from './json-size.ts';
import { LARGEST_RUN, mebibytes } from './payload-limits.ts';

/** Counts what the tasks of a run give, all of which it holds in memory. Fails the task that goes beyond what it may. */
export function outputBudget(): (dispatch: TaskDispatch, output: JsonValue) => JsonValue {
  let used = 0;
  return ({ task }, output) => {
    const size = jsonSize(output);
    used += size;
    if (used <= LARGEST_RUN) return output;
    throw graphFailure(
      `With the output of '${task.path}' (${mebibytes(size)}), those of the run are ${mebibytes(used)} of JSON together, ` +
        `and ${mebibytes(LARGEST_RUN)} are allowed. Write data as artifacts (task.write) and return their references.`,
    );
  };
}
