import type { PoolState } from '../../store/metadata/pool-table.ts';
import type { Run } from '../../store/metadata/run-table.ts';
import type { ServerContext } from '../server-context.ts';
import { hasEnded } from './find-run.ts';

/** The pools in which a run, or a task of it, stands in line. */
export async function poolsWaitedFor({ metadata, now }: ServerContext, run: Run): Promise<readonly PoolState[]> {
  if (hasEnded(run)) return [];
  const pools = await metadata.pools.list(now());
  return pools.filter(({ waits }) => waits.some(({ runId }) => runId === run.id));
}
