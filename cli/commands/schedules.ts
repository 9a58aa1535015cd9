import { Command, Option } from 'commander';
import { OVERLAP_POLICIES } from '../../ir/schedule.ts';
import { withFormat } from '../output/format-option.ts';
import { repeated } from '../params/repeated.ts';
import { withPlace } from '../place.ts';
import { priorityOption } from './priority-option.ts';
import type * as changes from './schedule-changes.ts';
import type * as handlers from './schedules-handlers.ts';

const load = (): Promise<typeof handlers> => import('./schedules-handlers.ts');
const loadChanges = (): Promise<typeof changes> => import('./schedule-changes.ts');

export function schedulesCommand(): Command {
  return new Command('schedules')
    .description('start runs by the clock: create, list, change, pause and trigger schedules')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(getCommand())
    .addCommand(historyCommand())
    .addCommand(createCommand())
    .addCommand(applyCommand())
    .addCommand(updateCommand())
    .addCommand(pauseCommand('pause', 'keep a schedule from starting runs; those that go on are left alone'))
    .addCommand(pauseCommand('unpause', 'let it start runs again, from its next time on'))
    .addCommand(triggerCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .description('the schedules by name, and when each starts its next run')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  return withFormat(withPlace(command)).action(async (options) => (await load()).listSchedules(options));
}

function getCommand(): Command {
  const command = new Command('get')
    .description('a schedule: its times, its next and its last runs')
    .argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).getSchedule(name, options));
}

function historyCommand(): Command {
  const command = new Command('history')
    .description('who changed a schedule, when and why, newest first')
    .argument('<name>')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).listChanges(name, options));
}

function createCommand(): Command {
  const command = new Command('create')
    .description('a new schedule; with a file alone, the one in that pipeline file')
    .argument('<name>', 'its name, or a pipeline file that has a schedule')
    .argument('[pipeline]', 'a pipeline that was submitted, or a pipeline file')
    .option('--paused', 'keep it from starting runs until it is unpaused');
  return withFormat(withPlace(withTimes(command))).action(async (name, pipeline, options) =>
    (await loadChanges()).createSchedule(name, pipeline, options),
  );
}

function applyCommand(): Command {
  const command = new Command('apply')
    .description('create or update the schedule in a pipeline file; a paused one stays paused')
    .argument('<file>')
    .addOption(paramOption())
    .addOption(versionOption());
  return withFormat(withPlace(command)).action(async (file, options) =>
    (await loadChanges()).applySchedule(file, options),
  );
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change what is given, and no run that goes on; times (cron, every, calendar) are given as a whole')
    .argument('<name>');
  return withFormat(withPlace(withTimes(command))).action(async (name, options) =>
    (await loadChanges()).updateSchedule(name, options),
  );
}

function pauseCommand(verb: 'pause' | 'unpause', description: string): Command {
  const command = new Command(verb)
    .description(description)
    .argument('<name>')
    .option('--note <text>', 'why, for people');
  return withFormat(withPlace(command)).action(async (name, options) =>
    (await load()).pauseSchedule(name, verb, options),
  );
}

function triggerCommand(): Command {
  const command = new Command('trigger')
    .description('start a run now, paused or not, as the overlap policy allows')
    .argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).triggerSchedule(name, options));
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('end a schedule; its runs go on, and stay listed')
    .argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).deleteSchedule(name, options));
}

function paramOption(): Option {
  return new Option('-p, --param <name=value>', 'one parameter; may be repeated').argParser(repeated);
}

function versionOption(): Option {
  return new Option('--version <number>', 'the version to run: a number, or latest for the newest at each start');
}

function withTimes(command: Command): Command {
  return command
    .addOption(
      new Option('--cron <line>', 'minute, hour, day of month, month, day of week; may be repeated').argParser(
        repeated,
      ),
    )
    .option('--every <duration>', 'an interval, as 1h, counted from the Unix epoch')
    .option('--offset <duration>', 'by how much later than the full interval')
    .addOption(new Option('--calendar <fields>', "as 'hour=9 dayOfWeek=MON-FRI'; may be repeated").argParser(repeated))
    .option('--timezone <zone>', 'an IANA name, as Europe/Berlin; UTC when left out')
    .option('--start <time>', 'no run before it: ISO 8601 with its offset, or none')
    .option('--end <time>', 'no run after it: ISO 8601 with its offset, or none')
    .option('--jitter <duration>', 'put each start off by a random time up to this')
    .addOption(new Option('--overlap <policy>', 'while a run goes on').choices(OVERLAP_POLICIES))
    .option(
      '--catch-up <duration>',
      'how late a start may be that was missed while Temporal was down; 1h when left out',
    )
    .addOption(versionOption())
    .addOption(priorityOption('its runs'))
    .addOption(paramOption())
    .option('--note <text>', 'why, for people');
}
