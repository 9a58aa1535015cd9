import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { temporalSettings } from '../../platform/temporal-settings.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { findPlace, type PlaceOptions } from '../place.ts';
import { refuseOtherMetadata } from './other-metadata.ts';
import { type TemporalPlace, workersSpec } from './part-specs.ts';
import { queueNames } from './queue-names.ts';
import { findRunningSystem } from './running-system.ts';
import type { SystemRecord } from './system-file.ts';

export interface WorkerOptions extends PlaceOptions {
  readonly queues: string;
  readonly temporal?: string;
}

/** `millrace worker`: a worker process of its own in the foreground, its log on the terminal. */
export async function work(options: WorkerOptions): Promise<void> {
  const place = findPlace(options);
  const queues = queueNames(options.queues);
  const system = await findRunningSystem(place.home);
  if (system !== null) refuseOtherMetadata(place.home, system, true);
  const { command, args, env } = workersSpec(place, placeOfTemporal(options, system), queues.join(','));
  const child = spawn(command, [...args], {
    env: { ...process.env, ...env },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('kind' in message) || message.kind !== 'ready') return;
    const word = queues.length === 1 ? 'queue' : 'queues';
    process.stdout.write(`working on ${word} ${queues.join(', ')}; Ctrl-C ends it\n`);
  });
  // The terminal's Ctrl-C reaches the child as well, which ends in its own time; this process waits for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  process.exitCode = code === 0 ? EXIT.done : EXIT.unreachable;
}

function placeOfTemporal(options: WorkerOptions, system: SystemRecord | null): TemporalPlace {
  const address = options.temporal ?? temporalSettings(process.env)?.address;
  if (address !== undefined) return { kind: 'configured', address };
  if (system !== null) return { kind: 'own', address: system.urls.temporal };
  throw new CliError(EXIT.unreachable, 'A worker needs to know where Temporal is, and no system is up here.', {
    next: 'Start one with `millrace up --detach`, or give --temporal host:port.',
  });
}
