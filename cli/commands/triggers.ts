import { Command, Option } from 'commander';
import { ARTIFACT_KINDS } from '../../ir/artifact.ts';
import { RUN_ENDS, TRIGGER_KINDS } from '../../ir/trigger.ts';
import { withFormat } from '../output/format-option.ts';
import { repeated } from '../params/repeated.ts';
import { withPlace } from '../place.ts';
import { priorityOption } from './priority-option.ts';
import type * as handlers from './triggers-handlers.ts';

const load = (): Promise<typeof handlers> => import('./triggers-handlers.ts');

export function triggersCommand(): Command {
  return new Command('triggers')
    .description('start runs by what happens: create, list, change and pause triggers')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(getCommand())
    .addCommand(historyCommand())
    .addCommand(createCommand())
    .addCommand(applyCommand())
    .addCommand(updateCommand())
    .addCommand(pauseCommand('pause', 'keep a trigger from starting runs'))
    .addCommand(pauseCommand('unpause', 'let it start runs again, for what happens from now on'))
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .description('all triggers, and what each waits for')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  return withFormat(withPlace(command)).action(async (options) => (await load()).listTriggers(options));
}

function getCommand(): Command {
  const command = new Command('get').description('a trigger, and how its last look went').argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).getTrigger(name, options));
}

function historyCommand(): Command {
  const command = new Command('history')
    .description('what a trigger did about events, newest first: the run, or why there is none')
    .argument('<name>')
    .option('--changes', 'who changed it, when and why, instead')
    .option('--cursor <cursor>', 'go on after the page that gave it');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).listHistory(name, options));
}

function createCommand(): Command {
  const command = new Command('create')
    .description('a new trigger; the secret of a webhook is shown this once')
    .argument('<name>')
    .argument('<pipeline>', 'what it starts: a pipeline that was submitted')
    .option('--paused', 'keep it from starting runs until it is unpaused');
  return withFormat(withPlace(withSettings(command))).action(async (name, pipeline, options) =>
    (await load()).createTrigger(name, pipeline, options),
  );
}

function applyCommand(): Command {
  const command = new Command('apply')
    .description('make the triggers of a pipeline file what it says; a paused one stays paused')
    .argument('<file>')
    .addOption(
      new Option('--version <version>', 'start what is newest at each start, and not what is in the file').choices([
        'latest',
      ]),
    )
    .option('--prune', 'delete those that the file had and has no more, with the secrets of webhooks');
  return withFormat(withPlace(command)).action(async (file, options) =>
    (await import('./triggers-apply-handler.ts')).applyTriggers(file, options),
  );
}

function updateCommand(): Command {
  const command = new Command('update')
    .description('change what is given; --on with all that belongs to it, --bind with all that are bound')
    .argument('<name>');
  return withFormat(withPlace(withSettings(command))).action(async (name, options) =>
    (await load()).updateTrigger(name, options),
  );
}

function pauseCommand(verb: 'pause' | 'unpause', description: string): Command {
  const command = new Command(verb)
    .description(description)
    .argument('<name>')
    .option('--note <text>', 'why, for people');
  return withFormat(withPlace(command)).action(async (name, options) =>
    (await load()).pauseTrigger(name, verb, options),
  );
}

function deleteCommand(): Command {
  const command = new Command('delete')
    .description('end a trigger; its runs go on, and its history stays')
    .argument('<name>');
  return withFormat(withPlace(command)).action(async (name, options) => (await load()).deleteTrigger(name, options));
}

function withSettings(command: Command): Command {
  return withSource(command)
    .option('--where <condition>', 'of the event\'s fields, as "gt(event.value, 0.3)", or its JSON; none takes it away')
    .addOption(new Option('--bind <name=event.field>', 'a parameter that the event gives').argParser(repeated))
    .option('--partition <event.field>', 'where the event names the partition of the run')
    .addOption(new Option('-p, --param <name=value>', 'one parameter; may be repeated').argParser(repeated))
    .option('--version <number>', 'the version to run: a number, or latest for the newest at each start')
    .addOption(priorityOption('its runs'))
    .option('--note <text>', 'why, for people');
}

/** What it waits for; which of the others belong to a kind is in docs/triggers.md. */
function withSource(command: Command): Command {
  return command
    .addOption(new Option('--on <kind>', 'what it waits for').choices(TRIGGER_KINDS))
    .option('--of <pipeline>', 'whose runs, artifacts or metrics')
    .addOption(new Option('--status <end>', `runEnded: ${RUN_ENDS.join(', ')}; may be repeated`).argParser(repeated))
    .option('--task <path>', 'artifactPublished, metricCrossed: of this task alone')
    .addOption(new Option('--artifact <kind>', 'artifactPublished, stale: of this kind alone').choices(ARTIFACT_KINDS))
    .option('--model <name>', 'versionAdded, aliasMoved')
    .option('--alias <name>', 'aliasMoved')
    .option(
      '--path <path>',
      'partitionArrived: where its files are, as /data/{partition}/_SUCCESS or s3://…/{day}/*.csv',
    )
    .option('--files <number>', 'partitionArrived: how many make it whole; 1 when left out', Number)
    .option('--query <sql>', 'partitionArrived: asked instead, as "SELECT count(*) FROM t WHERE day = {partition}"')
    .option('--database <secret>', 'partitionArrived: the secret that is the URL of the PostgreSQL database of --query')
    .option(
      '--rows <number>',
      'partitionArrived: rows that its Parquet files have at least, or that --query gives',
      Number,
    )
    .option('--from <key>', 'partitionArrived: the first that is looked for; the one that ended last when left out')
    .option('--late-after <duration>', 'partitionArrived: tell that it is late, so long after its end')
    .option('--metric <name>', 'metricCrossed')
    .option('--above <limit>', 'metricCrossed', Number)
    .option('--below <limit>', 'metricCrossed', Number)
    .option('--older-than <duration>', 'stale');
}
