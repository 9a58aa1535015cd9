import type { Backfill } from '../../store/metadata/backfill-table.ts';
import { runsElsewhere } from '../../store/metadata/runs-elsewhere.ts';
import { ApiProblem } from '../http/problem.ts';
import type { BackfillState } from '../schemas/backfill.ts';
import type { ServerContext } from '../server-context.ts';
import { TemporalAway, type TemporalGateway } from '../temporal/temporal-gateway.ts';
import { countsOf, partitionStates } from './partition-states.ts';

/** @throws ApiProblem `notFound`. */
export async function findBackfill({ metadata, project }: ServerContext, id: string): Promise<Backfill> {
  const backfill = await metadata.backfills.get(id);
  if (backfill !== null) return backfill;
  throw new ApiProblem('notFound', `Project ${project} has no backfill ${id}.`, {
    next: 'List them with `millrace backfills list`.',
  });
}

/** A backfill with what has become of each of its partitions. */
export async function backfillState(
  { metadata }: ServerContext,
  backfill: Backfill,
  notices: readonly string[] = [],
): Promise<BackfillState> {
  const keys = await metadata.backfills.partitions(backfill.id);
  const own = await partitionStates(metadata, { backfill: backfill.id }, keys);
  const missing = own.filter(({ status }) => status === 'missing').map(({ partition }) => partition);
  const elsewhere = await runsElsewhere(metadata, backfill, missing);
  const partitions = own.map((state) => {
    const run = elsewhere.get(state.partition);
    return run === undefined ? state : { ...run, status: 'elsewhere' as const };
  });
  return { backfill, counts: countsOf(partitions), partitions, notices };
}

/** Tells Temporal of the round that goes on; once more does nothing. @throws TemporalAway */
export async function startRound(
  { project }: ServerContext,
  temporal: TemporalGateway,
  { id: backfill, round, concurrency, priority }: Backfill,
): Promise<void> {
  const order = { project, backfill, round, concurrency, begun: 0, live: [], isWell: true };
  await temporal.backfills.start(order, priority);
}

/** Asked before anything is written. @throws TemporalAway */
export async function temporalFor({ temporal }: ServerContext): Promise<TemporalGateway> {
  if (temporal === null) throw new TemporalAway('This API was started without Temporal, which runs backfills.');
  await temporal.check();
  return temporal;
}
