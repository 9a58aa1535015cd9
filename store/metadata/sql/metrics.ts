import { sql } from 'kysely';
import { LISTED_METRICS, LISTED_TASKS } from '../left-out.ts';
import type { Page } from '../metadata-store.ts';
import type { AttemptKey, ListedMetric, Measurement, Metric, MetricFilter } from '../task-table.ts';
import { isNewestAttempt, isNewestDelivery } from './attempts.ts';
import type { MetricRow } from './database.ts';
import { cursorKey, pageLimit, pageOf } from './paging.ts';
import { chunksOf } from './row-chunks.ts';
import type { SqlSession } from './sql-session.ts';
import { inListing } from './task-listing.ts';

const POINT = ['metrics.path', 'metrics.name', 'metrics.step', 'metrics.value'] as const;
const COLUMNS = ['project', 'run_id', 'path', 'name', 'step', 'value'] as const;

export async function saveMetrics(
  session: SqlSession,
  key: AttemptKey,
  measured: readonly Measurement[],
): Promise<void> {
  const { db, project, transact } = session;
  // One row a key: a statement may not touch a row twice.
  const newest = new Map(measured.map((metric) => [JSON.stringify([metric.name, metric.step]), metric]));
  const rows = [...newest.values()].map(({ name, step, value }) => {
    const kept = Number.isNaN(value) ? null : value;
    // A list of values has no columns to take types from.
    const [at, told] = [sql`cast(${step} as bigint)`, sql`cast(${kept} as double precision)`];
    return sql`(${sql.join([project, key.runId, key.path, name, at, told])})`;
  });
  await transact(
    chunksOf(rows).map((chunk) =>
      db
        .insertInto('metrics')
        .columns(COLUMNS)
        .expression(
          sql`select * from (values ${sql.join(chunk)}) as told
            where ${isNewestAttempt(session, key)} and ${isNewestDelivery(session, key)}`,
        )
        .onConflict((conflict) =>
          conflict
            .columns(['project', 'run_id', 'path', 'name', 'step'])
            .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
        )
        .compile(),
    ),
  );
}

export async function metrics(session: SqlSession, runId: string): Promise<readonly ListedMetric[]> {
  // By the key alone: of a long series only one value is read. The whole key is joined on, see `withRoom` of tasks.
  const rows = await session.db
    .with(
      (name) => name('listed').materialized(),
      () => inListing(session, runId, LISTED_TASKS),
    )
    .with('series', (cte) =>
      cte
        .selectFrom('listed')
        .innerJoin('metrics', (join) =>
          join
            .onRef('metrics.project', '=', 'listed.project')
            .onRef('metrics.run_id', '=', 'listed.run_id')
            .onRef('metrics.path', '=', 'listed.path'),
        )
        .groupBy(['metrics.project', 'metrics.run_id', 'metrics.path', 'metrics.name'])
        .select(['metrics.project', 'metrics.run_id', 'metrics.path', 'metrics.name'])
        .select(({ fn }) => fn.countAll<number>().as('points'))
        .select(sql<number>`case when max(case when step = 0 then 1 end) = 1 then 0 else max(step) end`.as('step'))
        .orderBy('metrics.path')
        .orderBy('metrics.name')
        .limit(LISTED_METRICS),
    )
    .selectFrom('series')
    .innerJoin('metrics', (join) =>
      join
        .onRef('metrics.project', '=', 'series.project')
        .onRef('metrics.run_id', '=', 'series.run_id')
        .onRef('metrics.path', '=', 'series.path')
        .onRef('metrics.name', '=', 'series.name')
        .onRef('metrics.step', '=', 'series.step'),
    )
    .select([...POINT, 'series.points'])
    .orderBy('metrics.path')
    .orderBy('metrics.name')
    .execute();
  return rows.map(({ points, ...row }) => ({ ...metricOf(runId, row), points }));
}

type PointKey = readonly [path: string, name: string, step: number];
const isPointKey = (key: readonly unknown[]): key is PointKey =>
  key.length === 3 && typeof key[0] === 'string' && typeof key[1] === 'string' && typeof key[2] === 'number';

export async function points(
  { db, project }: SqlSession,
  runId: string,
  filter: MetricFilter = {},
): Promise<Page<Metric>> {
  const limit = pageLimit(filter);
  const after = cursorKey(filter, 'points', isPointKey);
  let query = db.selectFrom('metrics').where('project', '=', project).where('run_id', '=', runId);
  if (filter.path !== undefined) query = query.where('path', '=', filter.path);
  if (filter.name !== undefined) query = query.where('name', '=', filter.name);
  if (after)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('path', 'name', 'step'), '>', tuple(...after)));
  const rows = await query
    .select(POINT)
    .orderBy('path')
    .orderBy('name')
    .orderBy('step')
    .limit(limit + 1)
    .execute();
  return pageOf(
    rows,
    limit,
    'points',
    ({ path, name, step }) => [path, name, step],
    (row) => metricOf(runId, row),
  );
}

function metricOf(runId: string, row: Pick<MetricRow, 'path' | 'name' | 'step' | 'value'>): Metric {
  const { path, name, step, value } = row;
  return { runId, path, name, step, value: value ?? Number.NaN };
}
