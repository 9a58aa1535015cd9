import type { z } from 'zod';
import { listPartitions } from '../../ir/list-partitions.ts';
import type { Page } from '../../store/metadata/metadata-store.ts';
import { PageError } from '../../store/metadata/metadata-store.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import type { PartitionState, partitionListQuery } from '../schemas/backfill.ts';
import type { ServerContext } from '../server-context.ts';
import { orProblem, requirePartitions } from './partition-of-run.ts';
import { partitionStates } from './partition-states.ts';

const DEFAULT_LIMIT = 1_000;

/** A pipeline's partitions, in order, each with its newest run, whoever started it. @throws ApiProblem */
export async function partitionsOf(
  context: ServerContext,
  pipeline: string,
  { version, limit = DEFAULT_LIMIT, cursor, ...choice }: z.output<typeof partitionListQuery>,
): Promise<Page<PartitionState>> {
  const found = await findVersion(context, { pipeline, ...(version === undefined ? {} : { version }) });
  const { ir } = await loadCompiled(context, found);
  const declared = requirePartitions(pipeline, ir.partitions);
  const keys = orProblem(pipeline, () => listPartitions(declared, choice, context.now()));
  const start = cursor === undefined ? 0 : keys.indexOf(cursor) + 1;
  if (cursor !== undefined && start === 0) throw new PageError(`'${cursor}' is no cursor of this list.`);
  const page = keys.slice(start, start + limit);
  const items = await partitionStates(context.metadata, { pipeline }, page);
  return { items, cursor: start + limit < keys.length ? (page.at(-1) ?? null) : null };
}
