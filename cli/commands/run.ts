import { Command, Option } from 'commander';
import { withFormat } from '../output/format-option.ts';
import { withPlace } from '../place.ts';
import type { RunOptions } from '../submit/run-pipeline.ts';
import { priorityOption } from './priority-option.ts';

export function runCommand(): Command {
  const command = new Command('run')
    .description('run a pipeline file, and show it to its end')
    .argument('<file>', 'pipeline.ts, or what `millrace compile` wrote')
    .argument('[params...]', 'parameters, name=value')
    .option('-p, --param <name=value>', 'one parameter; may be repeated', (word: string, before: string[] = []) => [
      ...before,
      word,
    ])
    .option('--params <file>', 'a JSON or YAML file of parameters; single ones win over it')
    .option('-n, --name <text>', 'a label for people')
    .option('--partition <key>', 'of a pipeline with partitions, the one to run')
    .option('--future', 'also a partition whose time is not over')
    .option('--run-id <id>', 'sending the same id again finds the first run')
    .addOption(
      new Option('--cache <policy>', 'off: use and keep nothing; refresh: run anew and keep').choices([
        'off',
        'refresh',
      ]),
    )
    .addOption(priorityOption())
    .option('--local', 'without Temporal: in one process, durable only in what it has finished')
    .option('-w, --watch', 'show the run to its end (this is the default)')
    .option('-d, --detach', 'only submit it to the running system');
  return withFormat(withPlace(command)).action(async (file: string, words: string[], options: RunOptions) => {
    const { runPipeline } = await import('../submit/run-pipeline.ts');
    await runPipeline(file, words, options);
  });
}
