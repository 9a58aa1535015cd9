import { Command, InvalidArgumentError, Option } from 'commander';
import { TASK_STATUSES } from '../../ir/protocol/transition.ts';
import { withFormat } from '../output/format-option.ts';
import { repeated } from '../params/repeated.ts';
import { withPlace } from '../place.ts';
import { rankOption } from './rank-option.ts';
import type * as againHandlers from './runs-again-handlers.ts';
import type * as handlers from './runs-handlers.ts';
import type * as orderHandlers from './runs-order-handlers.ts';

const load = (): Promise<typeof handlers> => import('./runs-handlers.ts');
const loadOrders = (): Promise<typeof orderHandlers> => import('./runs-order-handlers.ts');
const loadAgain = (): Promise<typeof againHandlers> => import('./runs-again-handlers.ts');

export function runsCommand(): Command {
  return new Command('runs')
    .description('list, read, explain, watch, pause, cancel, retry, rerun, approve and delete runs')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(getCommand())
    .addCommand(tasksCommand())
    .addCommand(explainCommand())
    .addCommand(logsCommand())
    .addCommand(metricsCommand())
    .addCommand(pauseCommand())
    .addCommand(unpauseCommand())
    .addCommand(cancelCommand())
    .addCommand(retryCommand())
    .addCommand(rerunCommand())
    .addCommand(approveCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the newest runs')
    .option('--pipeline <name>', 'of this pipeline only')
    .option('--schedule <name>', 'started by this schedule only')
    .option('--backfill <id>', 'of this backfill only')
    .option('--partition <key>', 'of this partition only')
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

function tasksCommand(): Command {
  const command = new Command('tasks')
    .description('all tasks of a run, however many, those that failed before those that went well')
    .argument('<run>')
    .option('--under <path>', 'in this scope, this item (trials[3]) or this round only')
    .addOption(new Option('--status <status>', 'in this state only').choices(TASK_STATUSES));
  return withFormat(withPlace(command)).action(async (run, options) =>
    (await import('./tasks-handler.ts')).printTasks(run, options),
  );
}

function explainCommand(): Command {
  const command = new Command('explain')
    .description('why each task was run, or has a kept result, and what has changed')
    .argument('<run>')
    .argument('[task]', 'of this task, or this scope, only');
  return withFormat(withPlace(command)).action(async (run, task, options) =>
    (await import('./explain-handler.ts')).explainRun(run, task, options),
  );
}

function logsCommand(): Command {
  const command = new Command('logs')
    .description('what the tasks of a run logged and printed')
    .argument('<run>')
    .option('--path <task>', 'of this task only')
    .addOption(rankOption())
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
    .addOption(rankOption())
    .option('--name <metric>', 'this metric only');
  return withFormat(withPlace(command)).action(async (run, options) =>
    (await import('./metrics-handler.ts')).printMetrics(run, options),
  );
}

function pauseCommand(): Command {
  const command = new Command('pause')
    .description('let a run finish what is under way and start nothing new')
    .argument('<run>')
    .option('--note <text>', 'why, for who reads the run');
  return withFormat(withPlace(command)).action(async (run, options) => (await loadOrders()).pauseRun(run, options));
}

function unpauseCommand(): Command {
  const command = new Command('unpause').description('let a paused run go on').argument('<run>');
  return withFormat(withPlace(command)).action(async (run, options) => (await loadOrders()).unpauseRun(run, options));
}

function cancelCommand(): Command {
  const command = new Command('cancel')
    .description('ask a run to stop, and stop it hard after a while')
    .argument('<run>')
    .option('--grace <duration>', 'when what still goes on is stopped, finallyDo and onExit too; 10m unless given')
    .addOption(new Option('--now', 'end it at once, without finallyDo and onExit').conflicts('grace'));
  return withFormat(withPlace(command)).action(async (run, options) => (await loadOrders()).cancelRun(run, options));
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete a run that has ended: tasks, logs, metrics, kept results')
    .argument('<run>')
    .option('--force', 'also one that made versions of models, which stay with its lineage');
  return withFormat(withPlace(command)).action(async (run, options) =>
    (await import('./runs-delete-handler.ts')).deleteRun(run, options),
  );
}

function retryCommand(): Command {
  const command = new Command('retry')
    .description('a new run that keeps what this one finished, shown to its end')
    .argument('<run>')
    .argument('[params...]', 'parameters to change, name=value');
  return again(command).action(async (run, words, options) => (await loadAgain()).retryRun(run, words, options));
}

function rerunCommand(): Command {
  const command = new Command('rerun')
    .description('a new run that runs some tasks anew, with all that depends on them, and keeps the rest')
    .argument('<run>')
    .requiredOption('--from <task>', 'a task, a scope, or one item (trials[2]/train); may be given again', repeated);
  return again(command).action(async (run, options) => (await loadAgain()).rerunRun(run, options));
}

/** What every run after a run takes. */
function again(command: Command): Command {
  command
    .option('--code <file>', 'with the code of this pipeline file, in place of the old')
    .option('--local', 'without Temporal')
    .option('-w, --watch', 'show the run to its end (this is the default)')
    .option('-d, --detach', 'only submit it to the running system');
  return withFormat(withPlace(command));
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
