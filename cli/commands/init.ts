import { Command } from 'commander';

export function initCommand(): Command {
  return new Command('init')
    .description('make a folder with a first pipeline that runs as it is')
    .argument('[folder]', 'where to', '.')
    .action(async (folder: string) => (await import('../init/init.ts')).init(folder));
}
