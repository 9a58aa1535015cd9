import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { TaskStatus } from '../../../ir/protocol/transition.ts';
import { LISTED_TASKS } from '../left-out.ts';
import type { Page } from '../metadata-store.ts';
import type { ListedTask, TaskFilter } from '../task-table.ts';
import type { TaskRow } from './database.ts';
import { listedTasks } from './listed-tasks.ts';
import { cursorKey, cursorOf, pageLimit } from './paging.ts';
import type { SqlSession } from './sql-session.ts';

/** Ranks in the order of listing. */
const ALONE = 0;
const FAILED = 1;
const UNDER_WAY = 2;
const ENDED = 3;

type Listing = Pick<TaskRow, 'address' | 'rank' | 'turn'>;

/** Where a task stands in the listing: among those that ended well, the newest is first. */
export function listingOf({ path, status, sequence }: Pick<TaskRow, 'path' | 'status' | 'sequence'>): Listing {
  const address = path.replaceAll(/\[\d+\]|#\d+/g, '');
  if (address === path) return { address: '', rank: ALONE, turn: sequence };
  const rank = rankOf(status);
  return { address, rank, turn: rank === ENDED ? -sequence : sequence };
}

/** The listing of a task that its run's end has cancelled. */
export const CANCELLED_LISTING: Readonly<Record<'rank' | 'turn', RawBuilder<number>>> = {
  rank: sql<number>`case when rank = ${sql.lit(ALONE)} then rank else ${sql.lit(ENDED)} end`,
  turn: sql<number>`case when rank = ${sql.lit(ALONE)} then turn else -sequence end`,
};

function rankOf(status: TaskStatus): number {
  if (status === 'failed') return FAILED;
  return status === 'running' || status === 'waiting' ? UNDER_WAY : ENDED;
}

type Place = readonly [rank: number, turn: number, path: string];
const isPlace = (key: readonly unknown[]): key is Place =>
  key.length === 3 && typeof key[0] === 'number' && typeof key[1] === 'number' && typeof key[2] === 'string';

const RANKS = [ALONE, FAILED, UNDER_WAY, ENDED];

/** The keys of a part of a run's listing. Rank by rank, for so the index has them in their order. */
export function inListing(
  session: SqlSession,
  runId: string,
  limit: number,
  filter: Pick<TaskFilter, 'under' | 'status'> = {},
  after: Place | null = null,
) {
  const { status } = filter;
  const ranks = status === undefined ? RANKS : [ALONE, rankOf(status)];
  return ranks
    .filter((rank) => after === null || rank >= after[0])
    .map((rank) => {
      const first = ofRank(session, runId, rank, filter, after).limit(limit);
      return session.db.selectFrom(first.as('of_rank')).selectAll();
    })
    .reduce((before, next) => before.unionAll(next))
    .orderBy('rank')
    .orderBy('turn')
    .orderBy('path')
    .limit(limit);
}

function ofRank(
  { db, project }: SqlSession,
  runId: string,
  rank: number,
  { under, status }: Pick<TaskFilter, 'under' | 'status'>,
  after: Place | null,
) {
  let query = db
    .selectFrom('tasks')
    .where('project', '=', project)
    .where('rank', '=', rank)
    .where('run_id', '=', runId)
    .select(['project', 'rank', 'run_id', 'turn', 'path']);
  if (status !== undefined) query = query.where('status', '=', status);
  if (under !== undefined) query = query.where(isUnder(under));
  const [afterRank, turn, path] = after ?? [null, 0, ''];
  if (rank === afterRank)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('turn', 'path'), '>', tuple(turn, path)));
  return query.orderBy('turn').orderBy('path');
}

/** `trials`, `trials[3]/train` and, for a branch of a `when`, `gate/do/sign`. */
function isUnder(path: string): RawBuilder<SqlBool> {
  // What begins with a text lies between it and the same with its last character's successor.
  const inside = (sign: string, next: string) => sql`(path >= ${path + sign} and path < ${path + next})`;
  return sql<SqlBool>`(path = ${path} or ${inside('/', '0')} or ${inside('[', '\\')} or ${inside('#', '$')})`;
}

/** The first of the listing, in the order in which they changed. */
export async function listTasks(session: SqlSession, runId: string): Promise<readonly ListedTask[]> {
  const rows = await listedTasks(session, inListing(session, runId, LISTED_TASKS));
  return rows.map(({ task }) => task).sort((left, right) => left.sequence - right.sequence);
}

export async function tasksPage(
  session: SqlSession,
  runId: string,
  filter: TaskFilter = {},
): Promise<Page<ListedTask>> {
  const limit = pageLimit(filter);
  const after = cursorKey(filter, 'tasks', isPlace);
  // Without one row more than the limit: its values would take room.
  const rows = await listedTasks(session, inListing(session, runId, limit, filter, after));
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return {
    items: rows.map(({ task }) => task),
    cursor: last ? cursorOf('tasks', [last.rank, last.turn, last.task.path]) : null,
  };
}
