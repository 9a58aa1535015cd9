import { artifactsIn } from '../../../ir/artifact.ts';
import type { Invariant } from '../ended-run.ts';

/** Every artifact that a task was given or gave is known to be so. */
export const completeLineage: Invariant = {
  name: 'lineage is complete',
  violationsIn: ({ detail, lineage }) => {
    const known = new Set(lineage.map(({ path, direction, digest }) => `${direction} ${digest} of ${path}`));
    return detail.tasks.flatMap(({ path, input, output }) => {
      const due = [
        ...artifactsIn(input).map(({ digest }) => `input ${digest} of ${path}`),
        ...artifactsIn(output).map(({ digest }) => `output ${digest} of ${path}`),
      ];
      return due.filter((edge) => !known.has(edge)).map((edge) => `${edge} is not in the lineage`);
    });
  },
};
