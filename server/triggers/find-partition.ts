import { bindQuery } from '../../ir/partition-query.ts';
import type { Partitions } from '../../ir/partitions.ts';
import type { PartitionArrivedSource, PartitionFiles, PartitionQuery } from '../../ir/trigger.ts';
import type { ServerContext } from '../server-context.ts';
import { openAsker } from './ask-database.ts';
import { valuesOf } from './expected-partitions.ts';
import { findFiles, findRows } from './find-files.ts';

/** How long a look for one partition may take. */
const LOOK_MS = 10_000;

/** What is there of a partition. */
export interface Found {
  readonly isWhole: boolean;
  /** Null where a query was asked. */
  readonly path: string | null;
  readonly files: number | null;
  /** Null where none were counted. */
  readonly rows: number | null;
}

/** Looks whether partitions are there, and holds what it needs for that until it is closed. */
export interface Finder {
  /** @throws Error when it cannot be looked for */
  find(partition: string): Promise<Found>;
  close(): Promise<void>;
}

/** @throws Error for a database whose URL is no secret, or none */
export async function openFinder(
  context: ServerContext,
  place: PartitionArrivedSource['place'],
  partitions: Partitions,
): Promise<Finder> {
  if (place.kind === 'query') return queryFinder(context, place, partitions);
  return {
    find: (partition) => findInFiles(place, valuesOf(partitions, partition)),
    close: async () => undefined,
  };
}

async function findInFiles(place: PartitionFiles, valueFor: (name: string) => string): Promise<Found> {
  const path = place.path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => valueFor(name));
  const signal = AbortSignal.timeout(LOOK_MS);
  if (place.rows === null) {
    const files = await findFiles(path, signal);
    return { isWhole: files >= place.files, path, files, rows: null };
  }
  const { files, rows } = await findRows(path, signal);
  return { isWhole: files >= place.files && rows >= place.rows, path, files, rows };
}

async function queryFinder(context: ServerContext, place: PartitionQuery, partitions: Partitions): Promise<Finder> {
  const asker = await openAsker(await databaseUrl(context, place.database), place.database);
  return {
    find: async (partition) => {
      const rows = await asker.ask(bindQuery(place.query, valuesOf(partitions, partition)));
      return { isWhole: rows >= place.rows, path: null, files: null, rows };
    },
    close: () => asker.close(),
  };
}

/** @throws RangeError a sentence with its cure, where there is no such secret */
export async function databaseUrl({ secrets }: ServerContext, secret: string): Promise<string> {
  const ref = { secret, version: null };
  const found = await secrets.resolve(ref);
  if (found !== null) return found.value;
  throw new RangeError(`There is no secret ${secret}, which is to be the URL of its database: ${secrets.cure(ref)}.`);
}
