import { Command, InvalidArgumentError, Option } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';
import type * as handlers from './runs-handlers.ts';

const load = (): Promise<typeof handlers> => import('./runs-handlers.ts');

export function runsCommand(): Command {
  return new Command('runs')
    .description('list, read, watch, cancel, retry and approve runs')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(getCommand())
    .addCommand(logsCommand())
    .addCommand(metricsCommand())
    .addCommand(cancelCommand())
    .addCommand(retryCommand())
    .addCommand(approveCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the newest runs')
    .option('--pipeline <name>', 'of this pipeline only')
    .option('--schedule <name>', 'started by this schedule only')
    .addOption(
      new Option('--status <status>', 'in this state only').choices([
        'pending',
        'running',
        'succeeded',
        'failed',
        'cancelled',
      ]),
    )
    .addOption(new Option('--limit <count>', 'how many, 1 to 1000').default(20).argParser(rowCount))
    .option('--cursor <cursor>', 'go on after the page that gave it');
  return withFormat(withPlace(command)).action(async (options) => (await load()).listRuns(options));
}

const MOST_ROWS = 1_000;

function rowCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_ROWS) return count;
  throw new InvalidArgumentError(`It says how many runs to list, a whole number from 1 to 1000.`);
}

function getCommand(): Command {
  const command = new Command('get')
    .description('a run with its tasks')
    .argument('<run>')
    .option('-w, --watch', 'follow it to its end')
    .addOption(
      new Option('--path <task>', 'this task only, with its input and output whole').conflicts(['watch', 'values']),
    )
    .addOption(new Option('--values', "the run's own parameters and output, whole").conflicts('watch'));
  return withFormat(withPlace(command)).action(async (run, options) => (await load()).getRun(run, options));
}

function logsCommand(): Command {
  const command = new Command('logs')
    .description('what the tasks of a run logged and printed')
    .argument('<run>')
    .option('--path <task>', 'of this task only')
    .option('-f, --follow', 'go on until the run ends');
  return withFormat(withPlace(command)).action(async (run, options) =>
    (await import('./logs-handler.ts')).printLogs(run, options),
  );
}

function metricsCommand(): Command {
  const command = new Command('metrics')
    .description('what the tasks of a run measured, at every step')
    .argument('<run>')
    .option('--path <task>', 'of this task only')
    .option('--name <metric>', 'this metric only');
  return withFormat(withPlace(command)).action(async (run, options) =>
    (await import('./metrics-handler.ts')).printMetrics(run, options),
  );
}

function cancelCommand(): Command {
  const command = new Command('cancel').description('ask a run to stop').argument('<run>');
  return withFormat(withPlace(command)).action(async (run, options) => (await load()).cancelRun(run, options));
}

function retryCommand(): Command {
  const command = new Command('retry')
    .description('a new run that keeps what this one finished, shown to its end')
    .argument('<run>')
    .argument('[params...]', 'parameters to change, name=value')
    .option('--file <file>', 'with the code of this pipeline file, in place of the old')
    .option('--local', 'without Temporal')
    .option('-w, --watch', 'show the run to its end (this is the default)')
    .option('-d, --detach', 'only submit it to the running system');
  return withFormat(withPlace(command)).action(async (run, words, options) =>
    (await load()).retryRun(run, words, options),
  );
}

function approveCommand(): Command {
  const command = new Command('approve')
    .description('decide on an approval that a run waits for')
    .argument('<run>')
    .argument('<path>', 'the task path of the approval')
    .argument('[form...]', 'what the form asks for, name=value')
    .option('--reject', 'say no');
  return withFormat(withPlace(command)).action(async (run, path, words, options) =>
    (await load()).approve(run, path, words, options),
  );
}
