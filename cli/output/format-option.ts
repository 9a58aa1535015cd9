import { type Command, Option } from 'commander';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface FormatOptions {
  readonly output?: OutputFormat;
  readonly json?: boolean;
}

export function withFormat(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json', 'yaml']).default('table'))
    .option('--json', 'short for -o json');
}

export function formatOf(options: FormatOptions): OutputFormat {
  return options.json === true ? 'json' : (options.output ?? 'table');
}
