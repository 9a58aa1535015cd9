import type { ListedRun } from '../../store/metadata/run-table.ts';
import { ApiProblem } from '../http/problem.ts';
import { findRun, hasEnded } from '../runs/find-run.ts';
import { endIfOrphaned } from '../runs/local-runs.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * Deletes what is known of a run. Its artifacts go by a collection, once nothing else needs them.
 *
 * @param force also one that made versions of models: those stay, with the run's lineage
 * @returns the run as it was
 * @throws ApiProblem `notFound`; `conflict` for one that goes on, that such a run takes over from, that made versions, or of
 *   a backfill that goes on
 */
export async function deleteRun(context: ServerContext, id: string, force: boolean): Promise<ListedRun> {
  const { retention } = context.metadata;
  const run = await endIfOrphaned(context, await findRun(context, id));
  if (!hasEnded(run)) {
    throw new ApiProblem('conflict', `Run ${id} is ${run.status}: only a run that has ended can be deleted.`, {
      next: `End it first: millrace runs cancel ${id}`,
    });
  }
  await refuseLiveBackfill(context, run);
  const versions = await retention.versionsOf(id);
  if (versions.length > 0 && !force) {
    const names = versions.map(({ model, version }) => `${model} v${version}`).join(', ');
    throw new ApiProblem('conflict', `Run ${id} made ${names}.`, {
      next: `With --force its logs, metrics and results are deleted; models and lineage stay: millrace runs delete ${id} --force`,
    });
  }
  if (await retention.deleteRun(id)) return run;
  await findRun(context, id);
  throw new ApiProblem('conflict', `Run ${id} is what a run that goes on takes finished tasks over from.`, {
    next: 'Delete it when its retry has ended: millrace runs list --status running',
  });
}

/** What it says of its partition is what the backfill goes by. */
async function refuseLiveBackfill({ metadata }: ServerContext, { id, backfill }: ListedRun): Promise<void> {
  if (backfill === null || (await metadata.backfills.get(backfill))?.status !== 'running') return;
  throw new ApiProblem('conflict', `Run ${id} is of backfill ${backfill}, which goes on.`, {
    next: `Wait for its end, or end it: millrace backfills cancel ${backfill}`,
  });
}
