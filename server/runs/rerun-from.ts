import { everyNode } from '../../ir/every-node.ts';
import { nearestName } from '../../ir/nearest-name.ts';
import { nodeAt } from '../../ir/node-at.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * Refuses a rerun from what is not there: a task or scope that the pipeline does not have, an item or a round that the old
 * run did not get to. A task that only the edited pipeline has may be named.
 *
 * @throws ApiProblem `notFound` with the names that may have been meant.
 */
export async function refuseUnknownTasks(
  { metadata }: ServerContext,
  runId: string,
  ir: PipelineIR,
  from: readonly string[],
): Promise<void> {
  if (from.length === 0) return;
  const own = everyNode(ir).flatMap(({ path, calledPipeline }) => (calledPipeline === null ? [path] : []));
  const gotTo = async (under: string) => (await metadata.tasks.page(runId, { under, limit: 1 })).items.length > 0;
  for (const path of from) {
    const begun = await Promise.all(indexedPrefixes(path).map(gotTo));
    if (nodeAt(ir, path) !== null && !begun.includes(false)) continue;
    const ran = (await metadata.tasks.list(runId)).map((task) => task.path);
    // What edited code has no more is no place to begin.
    const known = [...new Set([...own, ...ran.filter((each) => nodeAt(ir, each) !== null)])];
    throw noSuchTask(ir.name, runId, path, known);
  }
}

/** `trials[2]` and `trials[2]/inner[0]` of `trials[2]/inner[0]/train`. */
function indexedPrefixes(path: string): readonly string[] {
  return [...path.matchAll(/\[\d+\]|#\d+/g)].map(({ 0: text, index }) => path.slice(0, index + text.length));
}

/** Most names in a message. */
const MOST_NAMES = 10;

function noSuchTask(pipeline: string, runId: string, path: string, known: readonly string[]): ApiProblem {
  const near = nearestName(path, known);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const alike = known.filter((each) => each.endsWith(`/${name}`) || each.startsWith(path.replace(/[[#]\d+\]?.*$/, '')));
  const meant = near === null ? alike.slice(0, MOST_NAMES) : [near];
  const some = known.slice(0, MOST_NAMES).join(', ') + (known.length > MOST_NAMES ? ', …' : '');
  return new ApiProblem('notFound', `Run ${runId} of ${pipeline} has no task or scope '${path}' to begin from.`, {
    parts: [{ at: 'from', message: `no task or scope '${path}'` }],
    next: meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `It has ${some}.`,
  });
}
