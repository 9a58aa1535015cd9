import { CONTROL_QUEUE, WORKER_QUEUES } from '../../ir/step-contract.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Place } from '../place.ts';
import { LISTENERS, type PortOptions, portOf } from './moved-ports.ts';
import { refuseOtherMetadata } from './other-metadata.ts';
import type { SystemRecord } from './system-file.ts';

/** @throws CliError when the system that is up differs from what was asked for, with each difference. */
export function refuseOtherSettings(
  place: Place,
  options: PortOptions & { readonly queues?: string },
  running: SystemRecord,
): void {
  refuseOtherMetadata(place.home, running, false);
  const differences = [
    ...(running.project === place.project ? [] : [`it serves the project ${running.project}, not ${place.project}`]),
    ...LISTENERS.flatMap(({ part, title, asked }) => {
      const [wanted, port] = [asked(options), portOf(running.urls[part])];
      return wanted === undefined || Number(wanted) === 0 || Number(wanted) === port
        ? []
        : [`${title} listens on ${port}, not on ${wanted}`];
    }),
    ...queueDifference(options.queues, running.queues),
  ];
  if (differences.length === 0) return;
  throw new CliError(EXIT.badInput, `A system of ${place.home} is up already, and ${differences.join('; ')}.`, {
    next: 'Leave the options out to use it as it is, or end it with `millrace down` first.',
  });
}

/** Queues that were left out are all of Millrace's own, as for the workers. */
const ALL = [CONTROL_QUEUE, ...WORKER_QUEUES].join(',');

function queueDifference(asked: string | undefined, known: string | null | undefined): readonly string[] {
  if (asked === undefined || known === undefined) return [];
  return sorted(asked) === sorted(known ?? ALL) ? [] : [`it works on the queues ${known ?? ALL}, not on ${asked}`];
}

function sorted(queues: string): string {
  return queues
    .split(',')
    .map((queue) => queue.trim())
    .sort()
    .join();
}
