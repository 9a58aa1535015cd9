import { Command, InvalidArgumentError, Option } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { repeated } from '../params/repeated.ts';
import { withPlace } from '../place.ts';
import type * as handlers from './backfills-handlers.ts';
import { priorityOption } from './priority-option.ts';

const load = (): Promise<typeof handlers> => import('./backfills-handlers.ts');

export function backfillsCommand(): Command {
  return new Command('backfills')
    .description('run many partitions of a pipeline: create, list, read, cancel and retry backfills')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(getCommand())
    .addCommand(createCommand())
    .addCommand(cancelCommand())
    .addCommand(retryCommand());
}

/** `millrace partitions`: what a pipeline's data is cut into, and what has become of it. */
export function partitionsCommand(): Command {
  const list = new Command('list')
    .description('the partitions of a pipeline, each with its newest run, whoever started it')
    .argument('<pipeline>')
    .option('--from <key>', 'not those before it')
    .option('--to <key>', 'not those after it; up to what has ended when left out')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  withFormat(withPlace(list)).action(async (pipeline, options) => (await load()).listPartitions(pipeline, options));
  return new Command('partitions').description('what a pipeline is run by: days, regions, …').addCommand(list);
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the newest backfills')
    .option('--pipeline <name>', 'of this pipeline only')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  return withFormat(withPlace(command)).action(async (options) => (await load()).listBackfills(options));
}

function getCommand(): Command {
  const command = new Command('get')
    .description('a backfill: a sign for each partition, counts, what is next and what failed')
    .argument('<backfill>');
  return withFormat(withPlace(command)).action(async (id, options) => (await load()).getBackfill(id, options));
}

function createCommand(): Command {
  const command = new Command('create')
    .description('run partitions of a pipeline, so many at once; the same asked again is the same backfill')
    .argument('<pipeline>', 'a pipeline that was submitted, or a pipeline file')
    .option('--from <key>', 'the first partition, of time')
    .option('--to <key>', 'the last one; up to what has ended when left out')
    .addOption(
      new Option('--partition <key>', 'this one; may be repeated')
        .argParser(repeated)
        .conflicts(['from', 'to', 'dimension']),
    )
    .addOption(
      new Option('--dimension <name=a,b>', 'of a dimension these values only; may be repeated').argParser(repeated),
    )
    .addOption(new Option('--concurrency <count>', 'runs that go on at once, 1 to 1000').default(4).argParser(count))
    .addOption(priorityOption('its runs'))
    .addOption(
      new Option('--order <order>', 'of their begin').choices(['ascending', 'descending']).default('ascending'),
    )
    .addOption(
      new Option('--rerun <which>', 'missing: those without a run; failed: and those that failed; all')
        .choices(['missing', 'failed', 'all'])
        .default('missing'),
    )
    .addOption(new Option('-p, --param <name=value>', 'one parameter; may be repeated').argParser(repeated))
    .option('--future', 'also partitions whose time is not over')
    .option('--version <number>', 'the version to run; the newest when left out')
    .option('--name <name>', 'its name; a digest of what is asked when left out');
  return withFormat(withPlace(command)).action(async (pipeline, options) =>
    (await load()).createBackfill(pipeline, options),
  );
}

function count(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000) return number;
  throw new InvalidArgumentError('It says how many runs go on at once, a whole number from 1 to 1000.');
}

function cancelCommand(): Command {
  const command = new Command('cancel')
    .description('start nothing more of a backfill, and ask what goes on to end')
    .argument('<backfill>')
    .option('--keep-running', 'leave the runs that go on alone');
  return withFormat(withPlace(command)).action(async (id, options) => (await load()).cancelBackfill(id, options));
}

function retryCommand(): Command {
  const command = new Command('retry')
    .description('run what failed, was cancelled or was not begun')
    .argument('<backfill>');
  return withFormat(withPlace(command)).action(async (id, options) => (await load()).retryBackfill(id, options));
}
