import { Command } from 'commander';
import { type PlaceOptions, withPlace } from '../place.ts';

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('predict the delays of three million flights, from raw data to a served model')
    .option('--exit', 'end when the run has, with its exit code')
    .option('--local', 'without Temporal');
  return withPlace(command).action(async (options: PlaceOptions & { exit?: boolean; local?: boolean }) =>
    (await import('../demo/demo.ts')).demo(options),
  );
}
