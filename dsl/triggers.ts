import type { z } from 'zod';
import type { ArtifactKind } from '../ir/artifact.ts';
import type { Duration } from '../ir/duration.ts';
import type { RunEnd } from '../ir/trigger.ts';
import { plainJsonSchemaOf } from './json-schema.ts';
import { type EventOf, makeTrigger, type PipelineTrigger, type TriggerOptions } from './pipeline-trigger.ts';

/* One for each kind of event: what it waits for stands beside what all triggers have. */

type None = Record<never, never>;

interface OfPipeline {
  /** The pipeline that is watched. */
  readonly of: string;
}

/**
 * Runs the pipeline when a run of another has ended.
 *
 * @example onRunEnded({ name: 'score-new', of: 'features', params: ({ event }) => ({ features: event.run }) })
 */
export function onRunEnded<G extends object = None>(
  options: TriggerOptions<EventOf<'runEnded'>, G> & OfPipeline & { readonly status?: RunEnd | readonly RunEnd[] },
): PipelineTrigger<G> {
  const { of: pipeline, status = 'succeeded' } = options;
  return makeTrigger(options, 'runEnded', ['of', 'status'], () => ({
    kind: 'runEnded',
    pipeline,
    statuses: [status].flat() as RunEnd[],
  }));
}

/** When a task of a pipeline made an artifact. */
export function onArtifactPublished<G extends object = None>(
  options: TriggerOptions<EventOf<'artifactPublished'>, G> &
    OfPipeline & { readonly task?: string; readonly artifact?: ArtifactKind },
): PipelineTrigger<G> {
  const { of: pipeline, task = null, artifact = null } = options;
  return makeTrigger(options, 'artifactPublished', ['of', 'task', 'artifact'], () => ({
    kind: 'artifactPublished',
    pipeline,
    task,
    artifact,
  }));
}

/** When a model has another version. */
export function onVersionAdded<G extends object = None>(
  options: TriggerOptions<EventOf<'versionAdded'>, G> & { readonly model: string },
): PipelineTrigger<G> {
  const { model } = options;
  return makeTrigger(options, 'versionAdded', ['model'], () => ({ kind: 'versionAdded', model }));
}

/** When an alias names another version. */
export function onAliasMoved<G extends object = None>(
  options: TriggerOptions<EventOf<'aliasMoved'>, G> & { readonly model: string; readonly alias: string },
): PipelineTrigger<G> {
  const { model, alias } = options;
  return makeTrigger(options, 'aliasMoved', ['model', 'alias'], () => ({ kind: 'aliasMoved', model, alias }));
}

interface PartitionOptions {
  /** The first that is looked for; the one that ended last, when the file is applied, when left out. */
  readonly from?: string;
  /** Tells that a partition is late, so long after its end. */
  readonly lateAfter?: Duration;
}

/** Files, with `{partition}` or dimensions in braces in the path: `s3://lake/{day}/*.parquet`. */
interface InFiles {
  readonly path: string;
  /** How many make it whole; 1 when left out. */
  readonly files?: number;
  /** How many rows they have at least, for Parquet alone. */
  readonly rows?: number;
  readonly query?: never;
}

/** A PostgreSQL database, with values in braces as parameters: `SELECT count(*) FROM t WHERE day = {day}`. */
interface InDatabase {
  readonly query: string;
  /** The secret that is the database's URL. */
  readonly database: string;
  /** What the query gives at least; 1 when left out. */
  readonly rows?: number;
  readonly path?: never;
}

/** When a partition of the pipeline itself is there. */
export function onPartitionArrived<G extends object = None>(
  options: TriggerOptions<EventOf<'partitionArrived'>, G> & PartitionOptions & (InFiles | InDatabase),
): PipelineTrigger<G> {
  const { rows, from, lateAfter } = options;
  const place =
    options.query === undefined
      ? { path: options.path, ...(options.files === undefined ? {} : { files: options.files }) }
      : { query: options.query, database: options.database };
  const more = { ...(rows === undefined ? {} : { rows }), ...(from === undefined ? {} : { from }) };
  const late = lateAfter === undefined ? {} : { lateAfter: `${lateAfter}` };
  return makeTrigger(
    options,
    'partitionArrived',
    ['path', 'files', 'rows', 'query', 'database', 'from', 'lateAfter'],
    () => ({ kind: 'partitionArrived', ...place, ...more, ...late }),
  );
}

type Limit = { readonly above: number; readonly below?: never } | { readonly below: number; readonly above?: never };

/** When a metric of a pipeline's runs goes beyond a limit, and again after it has been back. */
export function onMetricCrossed<G extends object = None>(
  options: TriggerOptions<EventOf<'metricCrossed'>, G> &
    OfPipeline & { readonly metric: string; readonly task?: string } & Limit,
): PipelineTrigger<G> {
  const { of: pipeline, metric, task = null, above, below } = options;
  const limit =
    above === undefined ? ({ side: 'below', limit: below } as const) : ({ side: 'above', limit: above } as const);
  return makeTrigger(options, 'metricCrossed', ['of', 'metric', 'task', 'above', 'below'], () => ({
    kind: 'metricCrossed',
    pipeline,
    metric,
    task,
    ...limit,
  }));
}

/** When what a pipeline published last is too old, once until it has published again. */
export function onStale<G extends object = None>(
  options: TriggerOptions<EventOf<'stale'>, G> &
    OfPipeline & { readonly olderThan: Duration; readonly artifact?: ArtifactKind },
): PipelineTrigger<G> {
  const { of: pipeline, olderThan, artifact = null } = options;
  return makeTrigger(options, 'stale', ['of', 'olderThan', 'artifact'], () => ({
    kind: 'stale',
    pipeline,
    artifact,
    olderThan: `${olderThan}`,
  }));
}

/** An event `webhook`, whose body is as its schema says. */
type Delivery<B extends z.ZodObject> = Omit<EventOf<'webhook'>, 'body'> & { readonly body: z.output<B> };

/**
 * When somebody's system sends a signed request. A body that does not fit the schema is refused.
 *
 * @example onWebhook({ name: 'from-crm', body: z.object({ file: z.string() }), params: ({ event }) => ({ source: event.body.file }) })
 */
export function onWebhook<G extends object = None, B extends z.ZodObject = z.ZodObject<None>>(
  options: TriggerOptions<Delivery<B>, G> & { readonly body?: B },
): PipelineTrigger<G> {
  const { name, body } = options;
  const schema = () => (body === undefined ? null : plainJsonSchemaOf(body, `The body of trigger '${name}'`));
  return makeTrigger(options, 'webhook', ['body'], () => ({ kind: 'webhook', body: schema() }));
}
