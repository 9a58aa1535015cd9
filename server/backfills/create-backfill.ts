import type { z } from 'zod';
import { digestOfJson } from '../../ir/digest.ts';
import { listPartitions, readPartitions } from '../../ir/list-partitions.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { backfillRunId } from '../../ir/protocol/backfill-order.ts';
import { DEFAULT_PRIORITY } from '../../ir/protocol/slots.ts';
import type { Backfill, NewBackfill } from '../../store/metadata/backfill-table.ts';
import { MetadataError } from '../../store/metadata/metadata-store.ts';
import { ApiProblem } from '../http/problem.ts';
import { checkMessages } from '../runs/check-messages.ts';
import { checkPools } from '../runs/check-pools.ts';
import { checkWorkers } from '../runs/check-workers.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import { validateParams } from '../runs/validate-params.ts';
import type { BackfillState, createBackfillSchema, PartitionState } from '../schemas/backfill.ts';
import type { ServerContext } from '../server-context.ts';
import { backfillState, startRound, temporalFor } from './find-backfill.ts';
import { orProblem, refuseFuture, requirePartitions } from './partition-of-run.ts';
import { partitionStates } from './partition-states.ts';

type Asked = z.output<typeof createBackfillSchema>;

/**
 * A backfill of what is asked. Its id is its name or, without one, a digest of all that was asked: the same again, by whomever
 * and at the same instant, is the same backfill.
 *
 * @throws ApiProblem for partitions that there are not, and for a name that another backfill has
 */
export async function createBackfill(context: ServerContext, asked: Asked): Promise<BackfillState> {
  const version = await findVersion(context, asked);
  const compiled = await loadCompiled(context, version);
  const { pipeline, version: pipelineVersion, compiledDigest } = version;
  const partitions = chosen(compiled.ir, asked, context.now());
  if (!asked.future) refuseFuture(compiled.ir, [...partitions].sort(), context.now());
  const params = validateParams(pipeline, compiled.ir.params, asked.params);
  const { concurrency, priority, rerun } = asked;
  const rank = priority ?? DEFAULT_PRIORITY;
  const request = digestOfJson({ pipeline, compiledDigest, params, partitions, concurrency, priority: rank, rerun });
  const id = asked.name ?? `${pipeline}-${request.slice('sha256:'.length).slice(0, 12)}`;
  refuseLong(id, partitions);
  const temporal = await temporalFor(context);
  await checkPools(context, compiled.ir);
  const notices = [...(await checkMessages(context, compiled.ir)), ...(await checkWorkers(context, compiled))];
  const first = await context.metadata.backfills.get(id);
  const wanted = { id, request, pipeline, pipelineVersion, compiledDigest, params, concurrency, priority, rerun };
  const backfill = first ?? (await write(context, { ...wanted, createdBy: context.user }, partitions));
  if (backfill.request !== request) throw nameTaken(id);
  if (backfill.status === 'running') await startRound(context, temporal, backfill);
  return backfillState(context, backfill, first === null ? notices : [...notices, askedBefore(first)]);
}

/** In the order in which they are to begin. */
function chosen({ name, partitions }: PipelineIR, asked: Asked, at: number): readonly string[] {
  const declared = requirePartitions(name, partitions);
  const keys = orProblem(name, () =>
    asked.partitions === undefined ? listPartitions(declared, asked, at) : readPartitions(declared, asked.partitions),
  );
  if (keys.length === 0) throw new ApiProblem('invalidPartition', `No partition of ${name} has ended yet.`);
  return asked.order === 'ascending' ? keys : [...keys].reverse();
}

/** What was asked for at the same time, by another, is the one that is there. */
async function write(
  context: ServerContext,
  backfill: Omit<NewBackfill, 'partitions' | 'leftOut'>,
  partitions: readonly string[],
): Promise<Backfill> {
  const { metadata } = context;
  const { rerun } = backfill;
  const states = await partitionStates(metadata, { pipeline: backfill.pipeline }, partitions);
  const selected = states.filter((state) => isWanted(state, rerun)).map(({ partition }) => partition);
  const leftOut = partitions.length - selected.length;
  if (selected.length === 0) {
    const first = await metadata.backfills.get(backfill.id);
    if (first !== null) return first;
    throw nothingToDo(backfill.pipeline, leftOut, rerun);
  }
  try {
    return await metadata.backfills.create({ ...backfill, partitions: selected, leftOut });
  } catch (error) {
    const first =
      error instanceof MetadataError && error.kind === 'conflict' ? await metadata.backfills.get(backfill.id) : null;
    if (first === null) throw error;
    return first;
  }
}

function isWanted({ status }: PartitionState, rerun: Asked['rerun']): boolean {
  if (rerun === 'all' || status === 'missing') return true;
  return rerun === 'failed' && (status === 'failed' || status === 'cancelled');
}

const LONGEST_RUN_ID = 128;

function refuseLong(id: string, partitions: readonly string[]): void {
  // Some thousand rounds have room behind it.
  const longest = Math.max(...partitions.map((partition) => backfillRunId(id, partition, 1_000).length));
  if (longest <= LONGEST_RUN_ID) return;
  throw new ApiProblem('invalidRequest', `Backfill ${id}: the ids of its runs would have ${longest} characters.`, {
    next: `${LONGEST_RUN_ID} are the most. Give it a shorter name (--name).`,
  });
}

function nameTaken(id: string): ApiProblem {
  return new ApiProblem('conflict', `There is a backfill ${id} already, and it was asked for something else.`, {
    next: `Choose another name, or look at it: millrace backfills get ${id}`,
  });
}

function nothingToDo(pipeline: string, count: number, rerun: Asked['rerun']): ApiProblem {
  const has = rerun === 'missing' ? 'a run' : 'a run that did not fail';
  const which = count === 1 ? 'The partition has' : `Each of the ${count} partitions has`;
  return new ApiProblem('conflict', `Nothing is to be done for ${pipeline}. ${which} ${has}.`, {
    next: rerun === 'missing' ? 'Run them again: --rerun failed, or --rerun all.' : 'Run them again: --rerun all.',
  });
}

function askedBefore({ id, status }: Backfill): string {
  if (status === 'running') return `This was asked for before: it is backfill ${id}, which goes on.`;
  return (
    `This was asked for before: it is backfill ${id}, which has ended (${status}). To do it anew give it a name ` +
    `(--name); to do what failed: millrace backfills retry ${id}`
  );
}
