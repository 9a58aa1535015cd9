import type { z } from 'zod';
import { parseDuration } from '../../ir/duration.ts';
import type { Partitions } from '../../ir/partitions.ts';
import { periodKey } from '../../ir/period.ts';
import { endedBy, numberOf, timeOf } from '../../ir/read-partition.ts';
import type { PartitionArrivedSource, TriggerSource } from '../../ir/trigger.ts';
import type { sourceSchema } from '../schemas/trigger.ts';
import { tooWide } from './expected-partitions.ts';

export type SourceInput = z.output<typeof sourceSchema>;

/**
 * What a trigger waits for, with its lengths of time in milliseconds.
 *
 * @param partitions of the pipeline that it starts
 * @throws RangeError a sentence without its subject
 */
export function readSource(input: SourceInput, partitions: Partitions | null, now: number): TriggerSource {
  switch (input.kind) {
    case 'partitionArrived':
      return readArrival(input, partitions, now);
    case 'stale': {
      const { pipeline, artifact } = input;
      return { kind: 'stale', pipeline, artifact, afterMs: lengthOf('--older-than', input.olderThan) };
    }
    default:
      return input;
  }
}

function readArrival(
  { path, files, from, lateAfter }: Extract<SourceInput, { kind: 'partitionArrived' }>,
  partitions: Partitions | null,
  now: number,
): PartitionArrivedSource {
  if (partitions === null) {
    throw new RangeError('waits for partitions, and its pipeline has none: declare them in definePipeline');
  }
  refusePath(path, partitions);
  const wide = tooWide(partitions);
  if (wide !== null) throw new RangeError(`waits for partitions, and its pipeline ${wide}`);
  const dimension = timeOf(partitions);
  if (dimension === null && (from ?? lateAfter) !== undefined) {
    throw new RangeError('has --from or --late-after, and none of its pipeline’s dimensions is of time');
  }
  const first = dimension && (from ?? periodKey(dimension.period, endedBy(dimension, now)));
  if (dimension !== null && from !== undefined) numberOf(dimension, from);
  return {
    ...{ kind: 'partitionArrived', path, files, from: first },
    lateAfterMs: lateAfter === undefined ? null : lengthOf('--late-after', lateAfter),
  };
}

function refusePath(path: string, { dimensions }: Partitions): void {
  const known = ['partition', ...dimensions.map(({ name }) => name)];
  const named = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`names {${unknown}} in its path; it may name ${known.join(', ')}`);
  const isWhole = named.includes('partition') || dimensions.every(({ name }) => named.includes(name));
  if (!isWhole) throw new RangeError(`has a path that is the same for several partitions: put {partition} into it`);
  const [place = ''] = path.split('?');
  const folder = place.slice(0, place.lastIndexOf('/') + 1);
  if (folder.includes('*')) throw new RangeError('has a * before the last part of its path, where none is taken');
  const isPlace = path.startsWith('/') || /^s3:\/\/[^/{}*]+\/./.test(path);
  if (!isPlace) throw new RangeError(`has the path '${path}', which is neither absolute nor s3://bucket/key`);
}

function lengthOf(what: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new RangeError(`has '${text}' as ${what}, which is no length of time, as 30m or 26h`, { cause });
  }
}
