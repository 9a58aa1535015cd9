import { temporalSettings } from '../../platform/temporal-settings.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { reachTemporal } from '../doctor/reach-temporal.ts';
import type { Place } from '../place.ts';
import { describeTemporal, findTemporal } from '../temporal/find-temporal.ts';
import { endLeftOvers } from './left-overs.ts';
import { onFreePorts } from './on-free-ports.ts';
import { metadataName } from './other-metadata.ts';
import { apiSpec, servingSpec, type TemporalPlace, temporalSpec, workersSpec } from './part-specs.ts';
import { choosePort, DEFAULT_PORTS } from './ports.ts';
import { findRunningSystem } from './running-system.ts';
import { STOPPED_WHILE_STARTING, superviseSystem } from './supervise-system.ts';
import type { PartEvent } from './supervised-part.ts';
import type { Part, SystemUrls } from './system-file.ts';
import { takeSystemLock } from './system-lock.ts';

/** Without a handler these would end the supervisor on the spot, and Temporal would stay. */
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const ANSWERS_WITHIN_MS = 3_000;

export interface StartOptions {
  readonly place: Place;
  /** Asked for by the user; others are chosen. 0 is any free one. */
  readonly ports: { readonly api?: number; readonly serving?: number; readonly temporal?: number };
  /** Comma separated; null for all of Millrace's own. */
  readonly queues: string | null;
  /** A line for people about what goes on. */
  readonly say: (line: string) => void;
}

export interface StartedSystem {
  readonly urls: SystemUrls;
  stop(): Promise<void>;
}

/**
 * Starts the whole embedded system of a home in this process' care.
 *
 * @throws SystemInCare when it is up already, CliError `unreachable` when a part cannot be had or started.
 */
export async function startSystem(options: StartOptions): Promise<StartedSystem> {
  const { place, say } = options;
  const lock = takeSystemLock(place.home);
  if (lock === null) throw await inCare(place);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  try {
    for (const part of await endLeftOvers(place.home))
      say(`Ended a ${part} process that an earlier system left behind.`);
    const system = await onFreePorts({
      choose: (isAgain) => planSystem(options, isAgain),
      start: ({ plan }) => superviseSystem({ ...plan, signal: interrupted.signal }),
      say,
    });
    return {
      urls: system.urls,
      stop: async () => {
        await system.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    // Whatever failed then, failed of it: a download's process, for instance, got the Ctrl-C too.
    if (interrupted.signal.aborted) throw new CliError(EXIT.interrupted, STOPPED_WHILE_STARTING, { cause: error });
    if (error instanceof CliError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.unreachable, message, { next: 'Look at `millrace doctor`.', cause: error });
  } finally {
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
  }
}

/** Another process has the system of the home in its care. */
export class SystemInCare extends CliError {}

async function inCare({ home }: Place): Promise<SystemInCare> {
  const running = await findRunningSystem(home);
  return running === null
    ? new SystemInCare(EXIT.badInput, `Another command is starting or ending a system of ${home} just now.`, {
        next: 'Try again in a moment; `millrace down` ends one that hangs.',
      })
    : new SystemInCare(EXIT.badInput, `A system of ${home} is up already. Its API is ${running.urls.api}.`, {
        next: 'End it with `millrace down`.',
      });
}

const NONE_USUAL = { api: null, serving: null, temporal: null };

async function planSystem({ place, ports, queues, say }: StartOptions, isAgain: boolean) {
  const usual = isAgain ? NONE_USUAL : DEFAULT_PORTS;
  const [temporal, api, serving] = await Promise.all([
    findTemporal({ env: process.env, say }),
    choosePort('the API', '--port', ports.api, usual.api),
    choosePort('serving', '--serving-port', ports.serving, usual.serving),
  ]);
  if (temporal.kind === 'address') await refuseAway();
  const described = describeTemporal(temporal);
  say(described);
  const port = await choosePort('Temporal', '--temporal-port', ports.temporal, usual.temporal);
  const where: TemporalPlace =
    temporal.kind === 'address'
      ? { kind: 'configured', address: temporal.address }
      : { kind: 'own', address: `127.0.0.1:${port}` };
  const own = temporal.kind === 'binary' ? [temporalSpec(place, temporal.path, port)] : [];
  const urls = { api: `http://127.0.0.1:${api}`, serving: `http://127.0.0.1:${serving}`, temporal: where.address };
  const parts = [...own, apiSpec(place, api, where), servingSpec(place, serving), workersSpec(place, where, queues)];
  const onEvent = (part: Part, event: PartEvent): void => sayEvent(part, event, say);
  return {
    ports: [api, serving, ...(own.length > 0 ? [port] : [])],
    plan: { ...place, queues, temporal: described, metadata: metadataName(), urls, parts, onEvent },
  };
}

/** The workers would wait for it, as for one that starts together with them. */
async function refuseAway(): Promise<void> {
  const settings = temporalSettings(process.env);
  const failure = settings && (await reachTemporal(settings, ANSWERS_WITHIN_MS));
  if (failure) throw new CliError(EXIT.unreachable, failure.what, { next: failure.next });
}

function sayEvent(part: Part, event: PartEvent, say: (line: string) => void): void {
  if (event.kind === 'crashed')
    say(`${part} ended with ${event.how}; it is started again in ${event.againInMs / 1_000} s.`);
}
