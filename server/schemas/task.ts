import { z } from 'zod';
import { FAILURE_KINDS, type TaskFailure } from '../../ir/protocol/task-failure.ts';
import { TASK_STATUSES } from '../../ir/protocol/transition.ts';
import type {
  LineageEdge,
  ListedAttempt,
  ListedMetric,
  ListedTask,
  LogChunk,
  Metric,
  TaskCount,
} from '../../store/metadata/task-table.ts';
import { json, jsonObject, pageOf, pageQuery } from './json.ts';
import { poolStateSchema } from './pool.ts';
import { runSchema } from './run.ts';

const failureSchema: z.ZodType<TaskFailure> = z.object({
  kind: z.enum(FAILURE_KINDS),
  name: z.string(),
  message: z.string(),
  stack: z.string().nullable(),
  retryable: z.boolean(),
});

const KINDS = ['task', 'when', 'fanOut', 'loop', 'approval', 'sleep', 'call', 'promote', 'notify', 'finally'] as const;
const CACHE_REASONS = [
  'hit',
  'reused',
  'underWay',
  'rerun',
  'off',
  'refresh',
  'effects',
  'noFingerprint',
  'noEntry',
  'expired',
  'artifactGone',
] as const;

const bytes = z.int().nullable();

/** `leftOut` has the sizes of what is too large to be listed; /runs/:id/tasks/:path gives the task whole. */
export const taskSchema: z.ZodType<ListedTask> = z.object({
  runId: z.string(),
  path: z.string(),
  sequence: z.int(),
  kind: z.enum(KINDS),
  step: z.string().nullable(),
  status: z.enum(TASK_STATUSES),
  at: z.number(),
  input: json,
  output: json,
  failure: failureSchema.nullable(),
  cache: z
    .object({
      key: z.string().nullable(),
      reason: z.enum(CACHE_REASONS),
      detail: z.string(),
      origin: z.object({ runId: z.string(), path: z.string() }).nullable(),
      compared: z.object({ runId: z.string(), path: z.string(), parts: z.array(z.string()) }).exactOptional(),
    })
    .nullable(),
  detail: jsonObject,
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  leftOut: z.object({ failure: bytes, cache: bytes, detail: bytes, input: bytes, output: bytes }).nullable(),
});

export const taskListQuery = z.object({
  ...pageQuery,
  under: z.string().min(1).exactOptional(),
  status: z.enum(TASK_STATUSES).exactOptional(),
});
export const taskListSchema = pageOf(taskSchema);

const taskCountSchema: z.ZodType<TaskCount> = z.object({
  address: z.string().nullable(),
  kind: z.enum(KINDS),
  status: z.enum(TASK_STATUSES),
  tasks: z.int().positive(),
});

/** `leftOut` has the size of a failure that is too large to be listed. */
export const attemptSchema: z.ZodType<ListedAttempt> = z.object({
  runId: z.string(),
  path: z.string(),
  attempt: z.int(),
  status: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
  worker: z.string(),
  queue: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  failure: failureSchema.nullable(),
  progress: z.number().nullable(),
  message: z.string().nullable(),
  leftOut: z.object({ failure: bytes }).nullable(),
});
export const attemptListSchema = z.object({ items: z.array(attemptSchema) });
export type AttemptList = z.infer<typeof attemptListSchema>;

const point = { runId: z.string(), path: z.string(), name: z.string(), value: z.number(), step: z.int() };
/** The point of a metric that counts, and how many it has: /runs/:id/metrics gives all. */
export const metricSchema: z.ZodType<ListedMetric> = z.object({ ...point, points: z.int() });

const pointSchema: z.ZodType<Metric> = z.object(point);
export const pointListQuery = z.object({
  ...pageQuery,
  path: z.string().exactOptional(),
  name: z.string().exactOptional(),
});
export const pointListSchema = pageOf(pointSchema);

/**
 * A run with everything in it that can be listed: its logs, its metrics' points and what is large have routes of their own.
 * Of a run of very many tasks it has some, with their attempts and metrics; `counts` are of all, `unlisted` is how many are
 * left out, and /runs/:id/tasks has them by pages.
 */
export const runDetailSchema = z.object({
  run: runSchema,
  tasks: z.array(taskSchema),
  counts: z.array(taskCountSchema),
  unlisted: z.int(),
  attempts: z.array(attemptSchema),
  metrics: z.array(metricSchema),
  /** Those in which the run or a task of it waits for its turn. */
  pools: z.array(poolStateSchema),
});
export type RunDetail = z.infer<typeof runDetailSchema>;

export const logQuery = z.object({
  limit: pageQuery.limit,
  after: z.string().exactOptional(),
  path: z.string().exactOptional(),
});
const logChunkSchema: z.ZodType<LogChunk> = z.object({
  runId: z.string(),
  path: z.string(),
  attempt: z.int(),
  chunk: z.int(),
  lines: z.array(
    z.object({
      at: z.number(),
      level: z.enum(['debug', 'info', 'warn', 'error']),
      stream: z.enum(['log', 'stdout', 'stderr']),
      text: z.string(),
    }),
  ),
});
/** `cursor` given back as `after` brings the next page, empty while there is nothing more; null when there is none at all. */
export const logPageSchema = z.object({ chunks: z.array(logChunkSchema), cursor: z.string().nullable() });
export type LogPage = z.infer<typeof logPageSchema>;

export const lineageEdgeSchema: z.ZodType<LineageEdge> = z.object({
  runId: z.string(),
  path: z.string(),
  direction: z.enum(['input', 'output']),
  digest: z.string(),
});
export const lineageQuery = z
  .object({ runId: z.string().exactOptional(), digest: z.string().exactOptional() })
  .refine((query) => (query.runId === undefined) !== (query.digest === undefined), 'name either `runId` or `digest`');
export const lineageSchema = z.object({ items: z.array(lineageEdgeSchema) });
