import { parseDuration } from './duration.ts';
import { literalsInQuery, namesInQuery } from './partition-query.ts';
import type { Partitions } from './partitions.ts';
import { periodKey } from './period.ts';
import { endedBy, numberOf, timeOf } from './read-partition.ts';
import type { SourceInput } from './source-input.ts';
import type { PartitionArrivedSource, PartitionFiles, PartitionQuery, TriggerSource } from './trigger.ts';
import { tooWide } from './wide-partitions.ts';

/**
 * What a trigger waits for, with its lengths of time in milliseconds.
 *
 * @param partitions of the pipeline that it starts
 * @param now in milliseconds since the epoch; null leaves open which partition comes first, where nobody says so
 * @throws RangeError a sentence without its subject
 */
export function readSource(input: SourceInput, partitions: Partitions | null, now: number | null): TriggerSource {
  switch (input.kind) {
    case 'partitionArrived':
      return readArrival(input, partitions, now);
    case 'stale': {
      const { pipeline, artifact } = input;
      return { kind: 'stale', pipeline, artifact, afterMs: lengthOf('olderThan', input.olderThan) };
    }
    default:
      return input;
  }
}

type ArrivalInput = Extract<SourceInput, { kind: 'partitionArrived' }>;

function readArrival(input: ArrivalInput, partitions: Partitions | null, now: number | null): PartitionArrivedSource {
  if (partitions === null) {
    throw new RangeError('waits for partitions, and its pipeline has none: declare them in definePipeline');
  }
  const place = readPlace(input, partitions);
  const wide = tooWide(partitions);
  if (wide !== null) throw new RangeError(`waits for partitions, and its pipeline ${wide}`);
  const { from, lateAfter } = input;
  const dimension = timeOf(partitions);
  if (dimension === null && (from ?? lateAfter) !== undefined) {
    throw new RangeError('has from or lateAfter, and none of its pipeline’s dimensions is of time');
  }
  if (dimension !== null && from !== undefined) numberOf(dimension, from);
  const newest = dimension && now !== null ? periodKey(dimension.period, endedBy(dimension, now)) : null;
  return {
    ...{ kind: 'partitionArrived', place, from: from ?? newest },
    lateAfterMs: lateAfter === undefined ? null : lengthOf('lateAfter', lateAfter),
  };
}

function readPlace(
  { path, files, query, database, rows }: ArrivalInput,
  partitions: Partitions,
): PartitionFiles | PartitionQuery {
  if (path !== undefined && query === undefined && database === undefined) {
    refusePath(path, partitions);
    if (rows !== undefined) refuseRows(path);
    return { kind: 'files', path, files: files ?? 1, rows: rows ?? null };
  }
  if (path === undefined && query !== undefined && database !== undefined && files === undefined) {
    return { kind: 'query', database, query: readQuery(query, partitions), rows: rows ?? 1 };
  }
  throw new RangeError('has to have path, which goes with files, or query and database, and not both');
}

/** Only Parquet says in a few bytes at its end how many rows it has. */
function refuseRows(path: string): void {
  const [place = ''] = path.split('?');
  if (place.endsWith('.parquet')) return;
  const name = place.slice(place.lastIndexOf('/') + 1);
  throw new RangeError(
    `counts the rows of ${name}, and only those of Parquet files can be counted: end its path in .parquet, or leave out rows and wait for a mark that is written last`,
  );
}

function refusePath(path: string, partitions: Partitions): void {
  refuseNames(
    'path',
    [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name),
    partitions,
  );
  const [place = ''] = path.split('?');
  const folder = place.slice(0, place.lastIndexOf('/') + 1);
  if (folder.includes('*')) throw new RangeError('has a * before the last part of its path, where none is taken');
  const isPlace = path.startsWith('/') || /^s3:\/\/[^/{}*]+\/./.test(path);
  if (!isPlace) throw new RangeError(`has the path '${path}', which is neither absolute nor s3://bucket/key`);
}

/** A query, without the semicolon that people end it with. */
function readQuery(query: string, partitions: Partitions): string {
  const known = namesOf(partitions);
  const quoted = literalsInQuery(query).find((literal) => known.some((name) => literal.includes(`{${name}}`)));
  if (quoted !== undefined) {
    throw new RangeError(
      `has '${quoted}' in its query: leave the quotes out, for a parameter stands for what is in braces`,
    );
  }
  refuseNames('query', namesInQuery(query), partitions);
  return query.trim().replace(/;$/, '');
}

function refuseNames(where: 'path' | 'query', named: readonly string[], partitions: Partitions): void {
  const known = namesOf(partitions);
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`names {${unknown}} in its ${where}; it may name ${known.join(', ')}`);
  const isWhole = named.includes('partition') || partitions.dimensions.every(({ name }) => named.includes(name));
  if (!isWhole) throw new RangeError(`has a ${where} that is the same for several partitions: put {partition} into it`);
}

const namesOf = ({ dimensions }: Partitions) => ['partition', ...dimensions.map(({ name }) => name)];

function lengthOf(what: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new RangeError(`has '${text}' as ${what}, which is no length of time, as 30m or 26h`, { cause });
  }
}
