import { z } from 'zod';
import { MOST_PARTITIONS } from '../../ir/list-partitions.ts';
import { NAME } from '../../ir/name.ts';
import { RUN_STATUSES } from '../../ir/protocol/transition.ts';
import { BACKFILL_RERUNS, BACKFILL_STATUSES, type Backfill } from '../../store/metadata/backfill-table.ts';
import { jsonObject, pageOf, pageQuery } from './json.ts';
import { future, priority } from './run.ts';

export const ORDERS = ['ascending', 'descending'] as const;
/** Temporal holds two thousand that a workflow waits for. */
export const MOST_AT_ONCE = 1_000;
export const AT_ONCE = 4;

const choice = {
  /** Keys of the dimension of time, both included. */
  from: z.string().exactOptional(),
  to: z.string().exactOptional(),
};

export const createBackfillSchema = z
  .strictObject({
    /** What was asked, digested, where it is left out. */
    name: z.string().max(100).regex(NAME, 'has to be a letter, then letters, digits, _ and -').exactOptional(),
    pipeline: z.string().exactOptional(),
    version: z.int().positive().exactOptional(),
    compiledDigest: z.string().exactOptional(),
    ...choice,
    /** Single ones, in place of `from`, `to` and `dimensions`. */
    partitions: z.array(z.string()).min(1).max(MOST_PARTITIONS).exactOptional(),
    dimensions: z.record(z.string(), z.array(z.string()).min(1)).exactOptional(),
    concurrency: z.int().min(1).max(MOST_AT_ONCE).default(AT_ONCE),
    priority: priority.default(null),
    order: z.enum(ORDERS).default('ascending'),
    params: jsonObject.default({}),
    /** `missing`: those without a run; `failed`: and those whose newest run failed or was cancelled; `all`. */
    rerun: z.enum(BACKFILL_RERUNS).default('missing'),
    future,
  })
  .refine(
    (body) => (body.pipeline === undefined) !== (body.compiledDigest === undefined),
    'name either `pipeline` or `compiledDigest`',
  )
  .refine(
    ({ partitions, from, to, dimensions }) => partitions === undefined || (from ?? to ?? dimensions) === undefined,
    'name either `partitions`, or `from`, `to` and `dimensions`',
  );
export type CreateBackfill = z.input<typeof createBackfillSchema>;

export const cancelBackfillSchema = z.strictObject({ keepRunning: z.boolean().default(false) });

const backfillSchema: z.ZodType<Backfill> = z.object({
  id: z.string(),
  request: z.string(),
  pipeline: z.string(),
  pipelineVersion: z.int(),
  compiledDigest: z.string(),
  params: jsonObject,
  concurrency: z.int(),
  priority: z.int().nullable(),
  size: z.int(),
  leftOut: z.int(),
  rerun: z.enum(BACKFILL_RERUNS),
  round: z.int(),
  status: z.enum(BACKFILL_STATUSES),
  createdBy: z.string(),
  createdAt: z.number(),
  endedAt: z.number().nullable(),
});

/** A partition and its newest run, if it has one. Of a backfill, `elsewhere` is one that somebody else's run has. */
const partitionStateSchema = z.object({
  partition: z.string(),
  status: z.enum([...RUN_STATUSES, 'missing', 'elsewhere']),
  runId: z.string().nullable(),
  schedule: z.string().nullable(),
  backfill: z.string().nullable(),
  createdAt: z.number().nullable(),
});
export type PartitionState = z.infer<typeof partitionStateSchema>;

const count = z.int();
const countsSchema = z.object({
  ...{
    missing: count,
    pending: count,
    running: count,
    succeeded: count,
    failed: count,
    cancelled: count,
    elsewhere: count,
  },
});
export type BackfillCounts = z.infer<typeof countsSchema>;

/** A backfill and what has become of its partitions, in the order in which they begin. Notices are for people. */
export const backfillStateSchema = z.object({
  backfill: backfillSchema,
  counts: countsSchema,
  partitions: z.array(partitionStateSchema),
  notices: z.array(z.string()).readonly(),
});
export type BackfillState = z.infer<typeof backfillStateSchema>;

export const backfillListQuery = z.object({ ...pageQuery, pipeline: z.string().exactOptional() });
export const backfillListSchema = pageOf(backfillSchema);

export const partitionListQuery = z.object({
  ...pageQuery,
  ...choice,
  version: z.coerce.number().int().positive().exactOptional(),
});
export const partitionListSchema = pageOf<PartitionState>(partitionStateSchema);
