#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT } from './cli-error.ts';
import { backfillsCommand, partitionsCommand } from './commands/backfills.ts';
import { compileCommand } from './commands/compile.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { gcCommand } from './commands/gc.ts';
import { initCommand } from './commands/init.ts';
import { modelsCommand } from './commands/models.ts';
import { notificationsCommand } from './commands/notifications.ts';
import { poolsCommand } from './commands/pools.ts';
import { refuseUnknown } from './commands/refuse-unknown.ts';
import { runCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { schedulesCommand } from './commands/schedules.ts';
import { secretsCommand } from './commands/secrets.ts';
import { triggersCommand } from './commands/triggers.ts';
import { upCommand } from './commands/up.ts';
import { workerCommand } from './commands/worker.ts';
import { reportError } from './report-error.ts';
import { handleStrayErrors } from './stray-errors.ts';

/*
 * The command line. What a command needs is imported when it is called, so that `millrace --help` is quick.
 */
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('millrace')
  .description('ML pipelines in TypeScript that Temporal runs durably, from raw data to a served model.')
  .version(version, '-V, --version')
  // Its own `--version` is Millrace's; a schedule's names a version of a pipeline.
  .enablePositionalOptions()
  .showHelpAfterError('(add --help to see what it takes)')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 the run failed, 2 bad usage or input, 3 the system cannot be reached,\n130 Ctrl-C before the end.',
  );

const commands = [
  initCommand(),
  demoCommand(),
  upCommand(),
  downCommand(),
  compileCommand(),
  runCommand(),
  runsCommand(),
  schedulesCommand(),
  triggersCommand(),
  backfillsCommand(),
  partitionsCommand(),
  poolsCommand(),
  secretsCommand(),
  notificationsCommand(),
  modelsCommand(),
  gcCommand(),
  workerCommand(),
  doctorCommand(),
];
for (const command of commands) program.addCommand(strict(command));
refuseUnknown(program).exitOverride();

// Who reads no further, as `| head` does, has all that it wants.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? EXIT.done);
});

handleStrayErrors(process.env.MILLRACE_DEBUG === '1');
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.badInput;
  } else {
    const report = reportError(error, process.env.MILLRACE_DEBUG === '1');
    process.stderr.write(`${report.lines.join('\n')}\n`);
    process.exitCode = report.exitCode;
  }
}

/** Settings that commander does not hand down to commands made elsewhere. */
function strict(command: Command): Command {
  command.copyInheritedSettings(program).exitOverride().showHelpAfterError('(add --help to see what it takes)');
  for (const inner of command.commands) strict(inner);
  return command.commands.length === 0 ? command : refuseUnknown(command);
}
