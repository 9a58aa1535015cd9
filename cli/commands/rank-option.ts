import { InvalidArgumentError, Option } from 'commander';
import { replicaPath } from '../../ir/protocol/gang.ts';
import { CliError, EXIT } from '../cli-error.ts';

export interface RankOptions {
  readonly path?: string;
  readonly rank?: number;
}

export function rankOption(): Option {
  return new Option('--rank <number>', 'of this replica of the task that --path names; 0 unless given').argParser(rank);
}

/** Where what is asked for is kept; null for all of the run. @throws CliError `badInput` for a rank of no task. */
export function pathOfRank({ path, rank }: RankOptions): string | null {
  if (path !== undefined) return replicaPath(path, rank);
  if (rank === undefined) return null;
  throw new CliError(EXIT.badInput, `--rank ${rank} is of a task: name it with --path TASK.`);
}

function rank(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Ranks are counted from 0.');
}
