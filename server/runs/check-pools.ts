import { everyNode } from '../../ir/every-node.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { settingsOf } from '../../ir/step-contract.ts';
import { ApiProblem, type ProblemPart } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * Refuses a pipeline whose tasks take slots of a pool that there is not, or more than it has: now, rather than after hours of
 * other tasks. A pool of 0 slots is shut for a time, and is waited for.
 *
 * @throws ApiProblem `noSuchPool`, with a part for each task.
 */
export async function checkPools({ metadata }: ServerContext, ir: PipelineIR): Promise<void> {
  const wanted = poolsIn(ir);
  if (wanted.length === 0) return;
  const sizes = new Map((await metadata.pools.sizes()).map(({ name, slots }) => [name, slots]));
  const refused = wanted.flatMap((want) => refusalOf(want, sizes.get(want.pool)));
  const [first] = refused;
  if (!first) return;
  throw new ApiProblem('noSuchPool', `Task ${first.at} of ${ir.name}: ${first.message}`, {
    next: `Say how many slots it has: millrace pools set ${first.pool} SLOTS`,
    parts: refused.map(({ at, message }) => ({ at, message })),
  });
}

interface Want {
  readonly task: string;
  readonly pool: string;
  readonly slots: number;
}

function poolsIn(ir: PipelineIR): readonly Want[] {
  return everyNode(ir).flatMap(({ path: task, node }) => {
    const contract = node.kind === 'task' ? ir.steps[node.step] : undefined;
    if (node.kind !== 'task' || contract === undefined) return [];
    const { pools = {} } = settingsOf(contract, node.overrides);
    return Object.entries(pools).map(([pool, slots]) => ({ task, pool, slots }));
  });
}

function refusalOf({ task, pool, slots }: Want, size: number | undefined): readonly (ProblemPart & { pool: string })[] {
  if (size === undefined) {
    return [{ at: task, pool, message: `it takes slots of pool '${pool}', which there is not.` }];
  }
  if (size === 0 || slots <= size) return [];
  return [{ at: task, pool, message: `it takes ${slots} slots of pool '${pool}', which has ${size} in all.` }];
}
