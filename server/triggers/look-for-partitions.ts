import type { Partitions } from '../../ir/partitions.ts';
import type { PartitionArrivedSource } from '../../ir/trigger.ts';
import type { Trigger } from '../../store/metadata/trigger-table.ts';
import { findVersion, loadCompiled } from '../runs/load-compiled.ts';
import type { ServerContext } from '../server-context.ts';
import { type Expected, expectedPartitions, pathOf } from './expected-partitions.ts';
import { findFiles } from './find-files.ts';

/** Of each trigger, in one pass: partitions that are looked for, and how long a look may take. */
const MOST_LOOKS = 50;
const LOOK_MS = 10_000;

/** What is over for a trigger: by partition. */
interface Seen {
  readonly arrived: readonly string[];
  readonly late: readonly string[];
}

/**
 * Looks where the files of partitions are to lie, and tells of those that have come, and once of each that is late.
 *
 * @throws Error when the place cannot be looked at
 */
export async function lookForPartitions(context: ServerContext, trigger: Trigger): Promise<void> {
  const { on } = trigger.spec;
  if (on.kind !== 'partitionArrived') return;
  const { pipeline, version } = trigger;
  const found = await findVersion(context, { pipeline, ...(version === null ? {} : { version }) });
  const { partitions } = (await loadCompiled(context, found)).ir;
  if (partitions === null) throw new Error(`Pipeline ${pipeline} has no partitions any more.`);
  const { memory, asOf } = await context.metadata.triggers.watch(trigger);
  const expected = expectedPartitions(partitions, on.from, context.now());
  const before = seenIn(memory?.arrived, memory?.late, expected);
  const after = await look(context, trigger, on, partitions, expected, before);
  if (after === before) return;
  await context.metadata.triggers.remember(trigger, { arrived: after.arrived, late: after.late }, asOf + 1);
}

/** What is not looked for any more need not be remembered. */
function seenIn(arrived: unknown, late: unknown, expected: readonly Expected[]): Seen {
  const known = new Set(expected.map(({ partition }) => partition));
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String).filter((each) => known.has(each)) : []);
  return { arrived: texts(arrived), late: texts(late) };
}

/** Events come first, and what is remembered after: a crash between the two tells nothing twice, by the events' keys. */
async function look(
  context: ServerContext,
  trigger: Trigger,
  on: PartitionArrivedSource,
  partitions: Partitions,
  expected: readonly Expected[],
  before: Seen,
): Promise<Seen> {
  const arrived = new Set(before.arrived);
  const late = new Set(before.late);
  const missing = expected.filter(({ partition }) => !arrived.has(partition)).slice(-MOST_LOOKS);
  for (const each of missing) {
    const path = pathOf(on.path, partitions, each.partition);
    const files = await findFiles(path, AbortSignal.timeout(LOOK_MS));
    if (files >= on.files) {
      await tellArrived(context, trigger, each, path, files);
      arrived.add(each.partition);
    } else if (!late.has(each.partition) && (await tellLate(context, trigger, on, each, path))) {
      late.add(each.partition);
    }
  }
  const isSame = arrived.size === before.arrived.length && late.size === before.late.length;
  return isSame ? before : { arrived: [...arrived], late: [...late] };
}

async function tellArrived(
  { metadata, now }: ServerContext,
  { name: trigger, pipeline, spec }: Trigger,
  { partition, end: logicalTime }: Expected,
  path: string,
  files: number,
): Promise<void> {
  const { watched } = spec;
  const facts = { kind: 'partitionArrived', trigger, watched, pipeline, partition, path, files, logicalTime } as const;
  await metadata.events.append(`partitionArrived:${trigger}:${watched}:${partition}`, facts, now());
}

/** @returns whether it is late, and told */
async function tellLate(
  { metadata, now }: ServerContext,
  { name: trigger, pipeline, spec }: Trigger,
  { lateAfterMs }: PartitionArrivedSource,
  { partition, end }: Expected,
  path: string,
): Promise<boolean> {
  if (lateAfterMs === null || end === null || now() <= Date.parse(end) + lateAfterMs) return false;
  const due = new Date(Date.parse(end) + lateAfterMs).toISOString();
  const facts = { kind: 'partitionLate', trigger, pipeline, partition, path, due } as const;
  await metadata.events.append(`partitionLate:${trigger}:${spec.watched}:${partition}`, facts, now());
  return true;
}
