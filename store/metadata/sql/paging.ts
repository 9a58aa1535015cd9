import { type Page, PageError, type PageRequest } from '../metadata-store.ts';

const DEFAULT_LIMIT = 50;
const GREATEST_LIMIT = 1_000;

/** @throws PageError for a limit that no page can have. */
export function pageLimit(request: PageRequest | undefined): number {
  const limit = request?.limit ?? DEFAULT_LIMIT;
  if (Number.isInteger(limit) && limit >= 1 && limit <= GREATEST_LIMIT) return limit;
  throw new PageError(`A page has 1 to ${GREATEST_LIMIT} items; ${limit} were asked for.`);
}

type Key = readonly (string | number)[];
/** Of lists that go from the newest back. */
type CreatedKey = readonly [createdAt: number, id: string];
export function isCreatedKey(key: readonly unknown[]): key is CreatedKey {
  return typeof key[0] === 'number' && typeof key[1] === 'string';
}

/** What a cursor belongs to: with another list's, which may look the same, one would begin anywhere. */
type List =
  | 'aliasMoves'
  | 'backfills'
  | 'deliveries'
  | 'firings'
  | 'logs'
  | 'newestPipelines'
  | 'pipelines'
  | 'points'
  | 'pools'
  | 'runs'
  | 'scheduleChanges'
  | 'schedules'
  | 'tasks'
  | 'triggerChanges'
  | 'triggers'
  | 'versions';

/** Where the last page ended: the sort key of its last item. What is newest sorts before it, so pages do not shift. */
export function cursorKey<K extends Key>(
  request: PageRequest | undefined,
  list: List,
  is: (key: readonly unknown[]) => key is K,
): K | null {
  const cursor = request?.cursor;
  if (cursor === undefined || cursor === null) return null;
  const [tag, ...key] = parse(Buffer.from(cursor, 'base64url').toString());
  if (tag === list && is(key)) return key;
  throw new PageError(`'${cursor}' is no cursor of this list. Leave it out to begin anew.`);
}

export function isNumberKey(key: readonly unknown[]): key is readonly [number] {
  return key.length === 1 && typeof key[0] === 'number';
}

/** Of lists by name. */
export function isNameKey(key: readonly unknown[]): key is readonly [name: string] {
  return key.length === 1 && typeof key[0] === 'string';
}

/** Opaque to callers, so that what lists are sorted by can change. */
export function cursorOf(list: List, key: Key): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/** Of rows that were asked for with one more than the limit, to learn whether there are more. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  list: List,
  keyOf: (row: Row) => Key,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: shown.map(itemOf),
    cursor: more ? cursorOf(list, keyOf(last)) : null,
  };
}

function parse(text: string): readonly unknown[] {
  try {
    const key: unknown = JSON.parse(text);
    return Array.isArray(key) ? key : [];
  } catch {
    return [];
  }
}
