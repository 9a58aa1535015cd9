import { amountText } from '../../ir/amount-text.ts';
import { reasonNotToRun } from '../../ir/code-fits.ts';
import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { replicasHeld } from '../../ir/protocol/replicas-held.ts';
import type { Worker } from '../../store/metadata/worker-table.ts';
import { ApiProblem, type ProblemPart } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';
import { type Demand, demandsOf } from './demands-of.ts';

/**
 * Whether the workers that are up can run a pipeline. A queue that nobody serves yet is a notice, for a worker may come;
 * a demand that every worker of its queue turns down is refused now rather than after hours of other tasks.
 *
 * @returns notices for people.
 * @throws ApiProblem `noWorkerFits`, with a part for each task.
 */
export async function checkWorkers(context: ServerContext, compiled: CompiledPipeline): Promise<readonly string[]> {
  const workers = await context.metadata.workers.live(context.now());
  const demands = demandsOf(compiled.ir);
  const refused = demands.flatMap((demand) => refusalOf(demand, compiled, workers));
  if (refused.length === 0) return unservedQueues(demands, workers);
  const [first] = refused;
  throw new ApiProblem('noWorkerFits', `Task ${first?.at} of ${compiled.ir.name}: ${first?.message}`, {
    next: 'Start a worker that fits, or change what the task asks for.',
    parts: refused,
  });
}

function refusalOf(demand: Demand, compiled: CompiledPipeline, workers: readonly Worker[]): readonly ProblemPart[] {
  const { queue } = demand.resources;
  const serving = workers.filter((worker) => worker.queues.includes(queue));
  const reasons = serving.map((worker) => reasonOf(demand, compiled, worker));
  const [first] = reasons;
  if (first === undefined) return [];
  const fitting = serving.filter((_, index) => reasons[index] === null);
  const message = fitting.length === 0 ? first : tooManyReplicas(demand, fitting);
  return message === null ? [] : [{ at: demand.task, message }];
}

/** Replicas run together, so they have to fit together: on all workers that fit, when those do nothing else. */
function tooManyReplicas({ resources }: Demand, fitting: readonly Worker[]): string | null {
  const { replicas = 1, queue } = resources;
  const held = fitting.reduce((sum, { capacity }) => sum + replicasHeld(resources, capacity), 0);
  if (replicas <= held) return null;
  const who = fitting.length === 1 ? `the worker on queue ${queue}` : `the ${fitting.length} workers on queue ${queue}`;
  return `it asks for ${replicas} replicas at once, and ${who} can hold ${held} in all.`;
}

/** Why a worker cannot run a task; null when it can. */
function reasonOf({ step, resources }: Demand, compiled: CompiledPipeline, worker: Worker): string | null {
  const who = `worker ${worker.id} on queue ${resources.queue}`;
  for (const what of ['memory', 'cpu', 'gpu'] as const) {
    const asked = resources[what] ?? 0;
    const has = worker.capacity[what];
    if (asked > has) return `it asks for ${amountText(what, asked)}, and ${who} has ${amountText(what, has)} in all.`;
  }
  const code = step === null ? undefined : compiled.code[step];
  const manifest = code?.kind === 'package' ? compiled.packages[code.digest] : undefined;
  return manifest === undefined ? null : reasonNotToRun(manifest, worker.externals, who);
}

function unservedQueues(demands: readonly Demand[], workers: readonly Worker[]): readonly string[] {
  const served = new Set(workers.flatMap((worker) => worker.queues));
  const wanted = [...new Set(demands.map(({ resources }) => resources.queue))].sort();
  return wanted
    .filter((queue) => !served.has(queue))
    .map(
      (queue) =>
        `No worker serves the queue ${queue}; its tasks wait until one does: millrace worker --queues ${queue}`,
    );
}
