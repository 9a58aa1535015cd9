import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError, EXIT } from '../cli-error.ts';
import { makeHome } from '../make-folder.ts';
import { findPlace, type Place, type PlaceOptions } from '../place.ts';
import { movedPorts, type PortOptions } from './moved-ports.ts';
import { metadataName } from './other-metadata.ts';
import { refuseOtherSettings } from './other-settings.ts';
import { queueNames } from './queue-names.ts';
import { findRunningSystem } from './running-system.ts';
import { startSystem } from './start-system.ts';
import type { SystemRecord, SystemUrls } from './system-file.ts';

export interface UpOptions extends PlaceOptions, PortOptions {
  readonly detach?: boolean;
  readonly queues?: string;
}

/** `millrace up`: in the foreground until Ctrl-C, or as a supervisor in the background. */
export async function up(options: UpOptions): Promise<void> {
  const place = findPlace(options);
  const ports = portsOf(options);
  if (options.queues !== undefined) queueNames(options.queues);
  const running = await findRunningSystem(place.home);
  if (running !== null) {
    refuseOtherSettings(place, options, running);
    process.stdout.write(`It is up already.\n${runningText(place, running)}\n`);
    return;
  }
  if (options.detach === true) {
    await startDetached(place, options);
    return;
  }
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const system = await startSystem({ place, ports, queues: options.queues ?? null, say });
  // Before anybody hears that it is up: a signal that nobody waits for would end this process alone.
  const askedToEnd = untilAskedToEnd();
  for (const line of movedPorts(system.urls, options)) say(line);
  say(whereText(place, system.urls, metadataName()));
  say('Ctrl-C ends it.');
  await askedToEnd;
  say('Ending.');
  await system.stop();
}

export function whereText({ home, project }: Place, urls: SystemUrls, metadata: string | null): string {
  return [
    `API       ${urls.api}`,
    `serving   ${urls.serving}`,
    `Temporal  ${urls.temporal}`,
    ...(metadata === null ? [] : [`metadata  ${metadata}`]),
    `project   ${project}`,
    `home      ${home}`,
  ].join('\n');
}

/** Of a system in another process' care, which said to its own log what it took. */
function runningText(place: Place, { temporal, urls, metadata }: SystemRecord): string {
  return [...(temporal === undefined ? [] : [temporal]), whereText(place, urls, metadata ?? null)].join('\n');
}

/** Resolves on Ctrl-C, SIGTERM, or when the terminal is closed. A second one ends the process at once: the parts notice and end by themselves. */
export function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}

function portsOf(options: UpOptions): { api?: number; serving?: number; temporal?: number } {
  const { port, servingPort, temporalPort } = options;
  return {
    ...(port === undefined ? {} : { api: portNumber('--port', port) }),
    ...(servingPort === undefined ? {} : { serving: portNumber('--serving-port', servingPort) }),
    ...(temporalPort === undefined ? {} : { temporal: portNumber('--temporal-port', temporalPort) }),
  };
}

function portNumber(option: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CliError(EXIT.badInput, `${option} is '${text}', and has to be a port: 0 to 65535, 0 for a free one.`);
}

/** Starts this very command again without --detach, out of the terminal's reach, and waits until it is up. */
async function startDetached(place: Place, options: UpOptions): Promise<void> {
  const logFile = join(place.home, 'logs', 'supervisor.log');
  makeHome(place.home);
  const log = openSync(logFile, 'w');
  const [script = ''] = process.argv.slice(1);
  const child = spawn(process.execPath, [script, 'up', ...foregroundArguments(place, options)], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const over = new AbortController();
  const ended = once(child, 'exit').then(async ([code]) => {
    const exitCode = code === EXIT.badInput ? EXIT.badInput : EXIT.unreachable;
    const reason = firstError(await readFile(logFile, 'utf8'));
    throw new CliError(exitCode, reason, { next: `Its log is ${logFile}.` });
  });
  ended.catch(() => over.abort());
  const system = await Promise.race([untilUp(place.home, over.signal), ended]);
  child.unref();
  const moved = movedPorts(system.urls, options).map((line) => `${line}\n`);
  const where = runningText(place, system);
  process.stdout.write(`Up in the background; \`millrace down\` ends it.\n${moved.join('')}${where}\n`);
}

function foregroundArguments(place: Place, options: UpOptions): readonly string[] {
  const passed = {
    port: options.port,
    'serving-port': options.servingPort,
    'temporal-port': options.temporalPort,
    queues: options.queues,
  };
  const words = Object.entries(passed).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  return ['--home', place.home, '--project', place.project, ...words];
}

function firstError(log: string): string {
  const line = log.split('\n').find((each) => each.startsWith('error: '));
  return line?.slice('error: '.length) ?? 'The supervisor ended while it started.';
}

/** Looks until it is up. @throws when `signal` fires: waiting on would keep this process alive for ever. */
async function untilUp(home: string, signal: AbortSignal) {
  for (;;) {
    const system = await findRunningSystem(home);
    if (system !== null) return system;
    await delay(100, undefined, { signal });
  }
}
