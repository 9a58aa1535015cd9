import { Command } from 'commander';
import { type PlaceOptions, withPlace } from '../place.ts';

export function downCommand(): Command {
  return withPlace(new Command('down').description('end the system that `millrace up` started')).action(
    async (options: PlaceOptions) => (await import('../system/down.ts')).down(options),
  );
}
