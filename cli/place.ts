import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { checkProjectName } from '../ir/project-name.ts';
import { CliError, EXIT } from './cli-error.ts';

/** Which stores a command works on. */
export interface Place {
  /** The folder with everything Millrace keeps. */
  readonly home: string;
  readonly project: string;
}

export interface PlaceOptions {
  readonly home?: string;
  readonly project?: string;
}

export function withPlace(command: Command): Command {
  return command
    .option('--home <folder>', 'where Millrace keeps everything (MILLRACE_HOME; else the nearest .millrace upwards)')
    .option('--project <name>', 'the project (MILLRACE_PROJECT; else default)');
}

/**
 * The home is the one named; else the nearest `.millrace` from the working folder upwards, so that a command works
 * anywhere inside a project, as git does; else a new one here.
 *
 * @throws CliError for a home that is a file; RangeError for a project's name that is a path, for instance.
 */
export function findPlace(
  options: PlaceOptions,
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd(),
): Place {
  const named = options.home ?? env.MILLRACE_HOME;
  const home = named ? resolve(cwd, named) : (nearestHome(cwd) ?? join(cwd, '.millrace'));
  refuseFile(home);
  return { home, project: checkProjectName(options.project ?? (env.MILLRACE_PROJECT || 'default')) };
}

function refuseFile(home: string): void {
  if (isFolderOrAbsent(home)) return;
  throw new CliError(EXIT.badInput, `${home} is a file, and cannot hold what Millrace keeps.`, {
    next: 'Name a folder with --home or MILLRACE_HOME.',
  });
}

function isFolderOrAbsent(home: string): boolean {
  try {
    return statSync(home, { throwIfNoEntry: false })?.isDirectory() !== false;
  } catch (cause) {
    throw new CliError(EXIT.badInput, `You have no permission to look for the home folder ${home}.`, {
      next: 'Name another with --home or MILLRACE_HOME.',
      cause,
    });
  }
}

function nearestHome(folder: string): string | null {
  const home = join(folder, '.millrace');
  if (existsSync(home)) return home;
  const parent = dirname(folder);
  return parent === folder ? null : nearestHome(parent);
}
