import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { LISTED_BYTES, LISTED_FAILURE_BYTES, LISTED_VALUE_BYTES } from '../left-out.ts';
import type { ListedTask } from '../task-table.ts';
import type { Database, TaskRow } from './database.ts';
import { toColumn } from './json-column.ts';
import { bytesOf, leftOutOf, listedBytes } from './listed-values.ts';
import type { SqlSession } from './sql-session.ts';
import { type ShownRow, taskOf } from './task-of.ts';

/** The values of a task, in the order in which they are given room, and the most that one may have to be listed. */
const VALUES = {
  failure: LISTED_FAILURE_BYTES,
  cache: LISTED_VALUE_BYTES,
  detail: LISTED_VALUE_BYTES,
  input: LISTED_VALUE_BYTES,
  output: LISTED_VALUE_BYTES,
} as const;
type Value = keyof typeof VALUES;

/** What a task is but for its values. */
const WITHOUT_VALUES = [
  ...['tasks.run_id', 'tasks.path', 'tasks.sequence', 'tasks.kind', 'tasks.step', 'tasks.status', 'tasks.at'],
  ...['tasks.started_at', 'tasks.ended_at', 'tasks.rank', 'tasks.turn'],
] as readonly `tasks.${Exclude<keyof ShownRow | 'rank' | 'turn', Value>}`[];
const NOTHING = toColumn(null);

type Chosen = SelectQueryBuilder<Database, never, Pick<TaskRow, 'project' | 'rank' | 'run_id' | 'turn' | 'path'>>;

interface Placed {
  readonly task: ListedTask;
  readonly rank: number;
  readonly turn: number;
}

/**
 * Tasks in the order of listing, without those of their values that are too large, or come after too many.
 *
 * @param chosen which: rows of one run, in that order, and no more than are to be listed
 */
export async function listedTasks(session: SqlSession, chosen: Chosen): Promise<readonly Placed[]> {
  // What says that there is nothing says so whatever room there is.
  const listed = (column: Value, room: 'failures' | 'notes' | 'given') => {
    const bytes = sql.ref(`room.${column}_bytes`);
    return sql<string | null>`case when ${bytes} <= ${NOTHING.length} or (${bytes} <= ${VALUES[column]}
      and ${sql.ref(`room.${room}_so_far`)} <= ${LISTED_BYTES}) then ${sql.ref(`tasks.${column}`)} end`.as(column);
  };
  const rows = await withRoom(session, chosen)
    .selectFrom('room')
    .innerJoin('tasks', (join) =>
      join
        .onRef('tasks.project', '=', 'room.project')
        .onRef('tasks.rank', '=', 'room.rank')
        .onRef('tasks.run_id', '=', 'room.run_id')
        .onRef('tasks.turn', '=', 'room.turn')
        .onRef('tasks.path', '=', 'room.path'),
    )
    .select(WITHOUT_VALUES)
    .select(['room.failure_bytes', 'room.cache_bytes', 'room.detail_bytes', 'room.input_bytes', 'room.output_bytes'])
    .select([listed('failure', 'failures'), listed('cache', 'notes'), listed('detail', 'notes')])
    .select([listed('input', 'given'), listed('output', 'given')])
    .execute();
  const placed = rows.map(({ failure, cache, detail, input, output, ...row }) => {
    const leftOut = leftOutOf({
      failure: [failure, row.failure_bytes],
      cache: [cache, row.cache_bytes],
      detail: [detail, row.detail_bytes],
      input: [input, row.input_bytes],
      output: [output, row.output_bytes],
    });
    const notes = { failure: failure ?? NOTHING, cache: cache ?? NOTHING, detail: detail ?? toColumn({}) };
    const task = taskOf({ ...row, ...notes, input: input ?? NOTHING, output: output ?? NOTHING });
    return { task: { ...task, leftOut }, rank: row.rank, turn: row.turn };
  });
  // Here, for a database that sorts takes the values along.
  return placed.sort(byPlace);
}

function byPlace(left: Placed, right: Placed): number {
  const difference = left.rank - right.rank || left.turn - right.turn;
  return difference || (left.task.path < right.task.path ? -1 : 1);
}

/**
 * How large each task's values are, and all that may be listed up to it: the failures of all tasks go first, then what is
 * noted of them, then what they were given and gave. The sizes are worked out by themselves first: a window keeps the
 * columns that it looks at, and would keep the values. They have the whole key: joined on less of it, and told the rest, a
 * planner that takes a run for a row or two reads all its rows for each.
 */
function withRoom({ db }: SqlSession, chosen: Chosen) {
  const bytes = (column: Value) => listedBytes(`${column}_bytes`, VALUES[column]);
  const failures = bytes('failure');
  const notes = sql<number>`${bytes('cache')} + ${bytes('detail')}`;
  const given = sql<number>`${bytes('input')} + ${bytes('output')}`;
  const soFar = (part: RawBuilder<number>) => sql<number>`sum(${part}) over (order by rank, turn, path)`;
  return db
    .with(
      (name) => name('sizes').materialized(),
      (cte) =>
        cte
          .selectFrom(chosen.as('chosen'))
          .innerJoin('tasks', (join) =>
            join
              .onRef('tasks.project', '=', 'chosen.project')
              .onRef('tasks.rank', '=', 'chosen.rank')
              .onRef('tasks.run_id', '=', 'chosen.run_id')
              .onRef('tasks.turn', '=', 'chosen.turn')
              .onRef('tasks.path', '=', 'chosen.path'),
          )
          .select(['chosen.project', 'chosen.run_id', 'chosen.path', 'chosen.rank', 'chosen.turn'])
          .select([bytesOf('failure').as('failure_bytes'), bytesOf('cache').as('cache_bytes')])
          .select([bytesOf('detail').as('detail_bytes')])
          .select([bytesOf('input').as('input_bytes'), bytesOf('output').as('output_bytes')]),
    )
    .with('room', (cte) =>
      cte
        .selectFrom('sizes')
        .select(['project', 'run_id', 'path', 'rank', 'turn'])
        .select(['failure_bytes', 'cache_bytes', 'detail_bytes', 'input_bytes', 'output_bytes'])
        .select(soFar(failures).as('failures_so_far'))
        .select(sql<number>`sum(${failures}) over () + ${soFar(notes)}`.as('notes_so_far'))
        .select(sql<number>`sum(${failures} + ${notes}) over () + ${soFar(given)}`.as('given_so_far')),
    );
}
