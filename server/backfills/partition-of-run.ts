import type { Partitions } from '../../ir/partitions.ts';
import type { PipelineIR } from '../../ir/pipeline-ir.ts';
import { rangeOf, readPartition } from '../../ir/read-partition.ts';
import { ApiProblem } from '../http/problem.ts';

/** What a run is of, and for which time: where its partition is one of time, for the end of it. */
export interface RunPlace {
  readonly partition: string | null;
  readonly logicalTime: string | null;
}

/**
 * @param given the key that was asked for
 * @param logicalTime that the run has where its partition does not say
 * @throws ApiProblem `invalidPartition`, also for a pipeline with partitions and no key.
 */
export function placeOfRun(
  { name, partitions }: PipelineIR,
  given: string | null,
  logicalTime: string | null,
): RunPlace {
  if (given === null && partitions === null) return { partition: null, logicalTime };
  const declared = requirePartitions(name, partitions);
  if (given === null) {
    throw new ApiProblem('invalidPartition', `Pipeline ${name} has partitions, and a run is of one of them.`, {
      next: `Name it with --partition; see them with \`millrace partitions list ${name}\`.`,
    });
  }
  const partition = orProblem(name, () => readPartition(declared, given));
  return { partition, logicalTime: rangeOf(declared, partition)?.end ?? logicalTime };
}

/** @throws ApiProblem `invalidPartition` */
export function requirePartitions(pipeline: string, partitions: Partitions | null): Partitions {
  if (partitions !== null) return partitions;
  throw new ApiProblem('invalidPartition', `Pipeline ${pipeline} has no partitions.`, {
    next: "Declare them in definePipeline: partitions: daily({ start: '2001-01-01' }).",
  });
}

/** A refusal of a key or a choice, as the answer to a request. */
export function orProblem<T>(pipeline: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ApiProblem('invalidPartition', `Partitions of ${pipeline}: ${error.message}.`, {
      next: `See them with \`millrace partitions list ${pipeline}\`.`,
    });
  }
}

/**
 * Refuses partitions whose time is not over, so that their data cannot be whole. Those without a time are never refused.
 *
 * @param at now, in milliseconds since the epoch
 * @throws ApiProblem `invalidPartition` naming the first.
 */
export function refuseFuture({ name, partitions }: PipelineIR, keys: readonly string[], at: number): void {
  for (const key of keys) {
    const range = partitions && rangeOf(partitions, key);
    if (!range || Date.parse(range.end) <= at) continue;
    throw new ApiProblem('invalidPartition', `Partition ${key} of ${name} is not over: it ends at ${range.end}.`, {
      next: 'Choose those that have ended, or run it all the same: --future.',
    });
  }
}
