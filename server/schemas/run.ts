import { z } from 'zod';
import { CANCEL_GRACE_MS, LONGEST_GRACE_MS } from '../../ir/protocol/run-order.ts';
import { RUN_CACHES } from '../../ir/protocol/run-request.ts';
import { RUN_STATUSES } from '../../ir/protocol/transition.ts';
import { type ListedRun, RUN_DRIVERS } from '../../store/metadata/run-table.ts';
import { json, jsonObject, pageOf, pageQuery } from './json.ts';

const runId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'has to be 1 to 128 letters, digits, . _ and -, beginning with a letter or digit',
  );

/** Of runs: 1 comes first, 5 last; null is as much as 3. */
export const priority = z.int().min(1).max(5).nullable();

/** Takes partitions whose time is not over, too. */
export const future = z.boolean().default(false);

const bytes = z.int().nullable();

/** `leftOut` has the sizes of what is too large to be listed; /runs/:id/values gives it. */
export const runSchema: z.ZodType<ListedRun> = z.object({
  id: z.string(),
  pipeline: z.string(),
  pipelineVersion: z.int(),
  compiledDigest: z.string(),
  name: z.string().nullable(),
  driver: z.enum(RUN_DRIVERS),
  workflowId: z.string().nullable(),
  runner: z.object({ host: z.string(), pid: z.int(), startedAt: z.string().nullable() }).nullable(),
  params: jsonObject,
  status: z.enum(RUN_STATUSES),
  pause: z.object({ by: z.string(), at: z.number(), note: z.string().nullable() }).nullable(),
  output: json,
  error: z.string().nullable(),
  submittedBy: z.string(),
  retryOf: z.string().nullable(),
  cache: z.enum(RUN_CACHES).nullable(),
  rerunFrom: z.array(z.string()).readonly(),
  logicalTime: z.string().nullable(),
  partition: z.string().nullable(),
  schedule: z.string().nullable(),
  backfill: z.string().nullable(),
  priority: z.int().nullable(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  leftOut: z.object({ params: bytes, output: bytes }).nullable(),
});

/** What a run was given and what it gave, whole. */
export const runValuesSchema = z.object({ params: jsonObject, output: json });
export type RunValues = z.infer<typeof runValuesSchema>;

/** Which pipeline: one by name (its newest version unless one is named), or one by digest. */
const which = {
  pipeline: z.string().exactOptional(),
  version: z.int().positive().exactOptional(),
  compiledDigest: z.string().exactOptional(),
};
const how = {
  params: jsonObject.default({}),
  name: z.string().max(200).nullable().default(null),
  driver: z.enum(RUN_DRIVERS).default('temporal'),
  /** What the run does with the cache in place of what its tasks without effects say. */
  cache: z.enum(RUN_CACHES).nullable().default(null),
  /** Its key, of a pipeline with partitions. */
  partition: z.string().nullable().default(null),
  future,
  /** 1 comes first; 3 where it is null. */
  priority: priority.default(null),
  /** Sending the same id again finds the first run and starts no second. */
  runId: runId.exactOptional(),
};

export const submitRunSchema = z
  .strictObject({ ...which, ...how })
  .refine(
    (body) => (body.pipeline === undefined) !== (body.compiledDigest === undefined),
    'name either `pipeline` or `compiledDigest`',
  );
export type SubmitRun = z.input<typeof submitRunSchema>;

/** A new run with the old one's pipeline, parameters and finished outputs, unless others are given. */
export const retryRunSchema = z.strictObject({
  compiledDigest: z.string().exactOptional(),
  params: jsonObject.default({}),
  driver: z.enum(RUN_DRIVERS).exactOptional(),
  runId: runId.exactOptional(),
});
export type RetryRun = z.input<typeof retryRunSchema>;

/** As a retry, and what `from` names runs anew, with all that depends on it. The parameters are the old run's. */
export const rerunRunSchema = z.strictObject({
  from: z.array(z.string().min(1)).min(1).max(100),
  compiledDigest: z.string().exactOptional(),
  driver: z.enum(RUN_DRIVERS).exactOptional(),
  runId: runId.exactOptional(),
});
export type RerunRun = z.input<typeof rerunRunSchema>;

/** `now` does not wait for anything: neither handlers nor `finallyDo` and `onExit`. */
export const cancelRunSchema = z
  .strictObject({
    now: z.boolean().default(false),
    graceMs: z.int().min(0).max(LONGEST_GRACE_MS).exactOptional(),
  })
  .refine((body) => !body.now || body.graceMs === undefined, 'give either `now` or `graceMs`')
  .transform(({ now, graceMs }) => ({ now, graceMs: graceMs ?? CANCEL_GRACE_MS }));
export type CancelRun = z.input<typeof cancelRunSchema>;

export const pauseRunSchema = z.strictObject({ note: z.string().max(1_000).nullable().default(null) });
export type PauseRun = z.input<typeof pauseRunSchema>;

/** `notices` are sentences for the person who submitted: a queue that no worker serves, for instance. */
export const submittedRunSchema = z.object({ run: runSchema, notices: z.array(z.string()).readonly() });
export type SubmittedRun = z.infer<typeof submittedRunSchema>;

export const runListQuery = z.object({
  ...pageQuery,
  pipeline: z.string().exactOptional(),
  schedule: z.string().exactOptional(),
  backfill: z.string().exactOptional(),
  partition: z.string().exactOptional(),
  status: z.enum(RUN_STATUSES).exactOptional(),
});
export const runListSchema = pageOf(runSchema);
