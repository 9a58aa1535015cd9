import { Command } from 'commander';
import { withPlace } from '../place.ts';
import type { UpOptions } from '../system/up.ts';

export function upCommand(): Command {
  const command = new Command('up')
    .description('start Temporal, API, workers and serving on this machine')
    .option('-d, --detach', 'leave them running in the background')
    .option('--port <port>', 'of the API (default 7420, or a free one)')
    .option('--serving-port <port>', 'of serving (default 7430, or a free one)')
    .option('--temporal-port <port>', 'of Temporal (default 7433, or a free one)')
    .option('--queues <names>', 'queues to work on (default millrace,cpu,gpu,serving)');
  return withPlace(command).action(async (options: UpOptions) => (await import('../system/up.ts')).up(options));
}
