import { Command } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';

export function gcCommand(): Command {
  const command = new Command('gc')
    .description('remove what nothing needs any more, and what is too old where that is said')
    .option(
      '--keep-runs <age|count>',
      'delete runs that ended earlier (an age ends in d or h: 30d), or all but so many of each pipeline (a plain number: 100)',
    )
    .option('--keep-logs <age>', 'delete logs of runs that ended earlier')
    .option(
      '--keep-artifacts <age>',
      'let go of what runs that ended earlier read and made, unless a model version needs it, and of older results',
    )
    .option(
      '--keep-events <age>',
      'forget what happened earlier, read or not; 30d unless given, and nothing with --pipeline',
    )
    .option('--pipeline <name>', 'runs, logs and results of this pipeline only')
    .option('--grace <duration>', 'how long what nothing needs is left; 24h unless given')
    .option('--dry-run', 'say what would go, and change nothing');
  return withFormat(withPlace(command)).action(async (options) => (await import('./gc-handler.ts')).collect(options));
}
