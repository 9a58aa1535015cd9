import { Command } from 'commander';
import { withPlace } from '../place.ts';
import type { WorkerOptions } from '../system/worker.ts';

export function workerCommand(): Command {
  const command = new Command('worker')
    .description('work on queues in the foreground')
    .requiredOption('--queues <names>', 'comma separated, gpu for instance')
    .option('--temporal <address>', 'host:port (TEMPORAL_ADDRESS; else that of the running system)');
  return withPlace(command).action(async (options: WorkerOptions) =>
    (await import('../system/worker.ts')).work(options),
  );
}
