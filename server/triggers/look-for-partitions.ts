import { canonicalJson } from '../../ir/json.ts';
import type { Partitions } from '../../ir/partitions.ts';
import type { PartitionArrivedSource, TriggerMemory } from '../../ir/trigger.ts';
import { tooWide } from '../../ir/wide-partitions.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import type { ServerContext } from '../server-context.ts';
import { type Expected, expectedPartitions } from './expected-partitions.ts';
import { type Finder, type Found, openFinder } from './find-partition.ts';

/** Of each trigger, in one pass: the newest that are missing, for which somebody waits, and as many of the older ones in turn. */
const NEWEST = 25;
const OLDER = 25;
/** How long one pass may take: what it does not come to is looked for in the next. */
const PASS_MS = 60_000;

/** What is over for a trigger, by partition, and whose turn it is. */
interface Seen {
  readonly arrived: readonly string[];
  readonly late: readonly string[];
  readonly turn: number;
}

/**
 * Looks where the files of partitions are to lie, and tells of those that have come, and once of each that is late: also of one that
 * cannot be looked for. A place that cannot be looked at keeps no other from being looked at.
 *
 * @throws Error when a place cannot be looked at: the first, after all
 */
export async function lookForPartitions(context: ServerContext, trigger: Trigger): Promise<void> {
  const { on } = trigger.spec;
  if (on.kind !== 'partitionArrived') return;
  const { pipeline, version } = trigger;
  const found = await findVersion(context, { pipeline, ...(version === null ? {} : { version }) });
  const { partitions } = (await loadCompiled(context, found)).ir;
  if (partitions === null) throw new Error(`Pipeline ${pipeline} has no partitions any more.`);
  const wide = tooWide(partitions);
  if (wide !== null) throw new Error(`Pipeline ${pipeline} ${wide}.`);
  const { memory, asOf } = await context.metadata.triggers.watch(trigger);
  const expected = expectedPartitions(partitions, on.from, context.now());
  const before = seenIn(memory, expected);
  const { seen, failures } = await withFinder({ context, trigger, on, partitions }, (search) =>
    look(search, expected, before),
  );
  if (canonicalJson({ ...seen }) !== canonicalJson({ ...before })) {
    await context.metadata.triggers.remember(trigger, { ...seen }, asOf + 1);
  }
  if (failures.length > 0) throw failures[0];
}

/** What is not looked for any more need not be remembered. */
function seenIn(memory: TriggerMemory | null, expected: readonly Expected[]): Seen {
  const known = new Set(expected.map(({ partition }) => partition));
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String).filter((each) => known.has(each)) : []);
  return { arrived: texts(memory?.arrived), late: texts(memory?.late), turn: Number(memory?.turn ?? 0) };
}

interface Watching {
  readonly context: ServerContext;
  readonly trigger: Trigger;
  readonly on: PartitionArrivedSource;
}

interface Search extends Watching {
  readonly finder: Finder;
}

async function withFinder<T>(
  { partitions, ...watching }: Watching & { readonly partitions: Partitions },
  use: (search: Search) => Promise<T>,
): Promise<T> {
  const finder = await openFinder(watching.context, watching.on.place, partitions).catch(blind);
  try {
    return await use({ ...watching, finder });
  } finally {
    await finder.close();
  }
}

/** Stands for one that could not be opened: what is late is told all the same. */
function blind(failure: unknown): Finder {
  return { find: () => Promise.reject(failure), close: async () => undefined };
}

/** Events come first, and what is remembered after: a crash between the two tells nothing twice, by the events' keys. */
async function look(search: Search, expected: readonly Expected[], before: Seen) {
  const arrived = new Set(before.arrived);
  const late = new Set(before.late);
  const failures: unknown[] = [];
  const pass = AbortSignal.timeout(PASS_MS);
  const missing = expected.filter(({ partition }) => !arrived.has(partition));
  for (const each of inTurn(missing, before.turn)) {
    // Looks that fail can take up the whole pass, and every pass: what it does not come to is late all the same.
    if (pass.aborted && failures.length === 0) break;
    const found = pass.aborted ? null : await findOrNote(search.finder, each, failures);
    if (found?.isWhole === true) {
      await tellArrived(search, each, found);
      arrived.add(each.partition);
    } else if (!late.has(each.partition) && (await tellLate(search, each, found?.path ?? null))) {
      late.add(each.partition);
    }
  }
  const turn = missing.length > NEWEST ? before.turn + 1 : 0;
  return { seen: { arrived: [...arrived], late: [...late], turn }, failures };
}

/** @returns null where it could not be looked for, and `failures` says why */
async function findOrNote(finder: Finder, { partition }: Expected, failures: unknown[]): Promise<Found | null> {
  try {
    return await finder.find(partition);
  } catch (error) {
    failures.push(error);
    return null;
  }
}

function inTurn(missing: readonly Expected[], turn: number): readonly Expected[] {
  const older = missing.slice(0, -NEWEST);
  const from = older.length === 0 ? 0 : (turn * OLDER) % older.length;
  return [...missing.slice(-NEWEST), ...older.slice(from, from + OLDER)];
}

async function tellArrived(
  { context: { metadata, now }, trigger: { name: trigger, pipeline, spec } }: Search,
  { partition, end: logicalTime }: Expected,
  { path, files, rows }: Found,
): Promise<void> {
  const { watched } = spec;
  const of = { trigger, watched, pipeline, partition, path, files, rows, logicalTime };
  const facts = { kind: 'partitionArrived', ...of } as const;
  await metadata.events.append(`partitionArrived:${trigger}:${watched}:${partition}`, facts, now());
}

/**
 * @param path where it was looked for; null where a query was asked, or it could not be looked for
 * @returns whether it is late, and told
 */
async function tellLate(
  { context: { metadata, now }, trigger: { name: trigger, pipeline, spec }, on: { lateAfterMs } }: Search,
  { partition, end }: Expected,
  path: string | null,
): Promise<boolean> {
  if (lateAfterMs === null || end === null || now() <= Date.parse(end) + lateAfterMs) return false;
  const due = new Date(Date.parse(end) + lateAfterMs).toISOString();
  const facts = { kind: 'partitionLate', trigger, pipeline, partition, path, due } as const;
  await metadata.events.append(`partitionLate:${trigger}:${spec.watched}:${partition}`, facts, now());
  return true;
}
