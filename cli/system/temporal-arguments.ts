import { join } from 'node:path';

/**
 * What makes Temporal's dev server fit for many small steps. It polls each of its internal queues 20 times a second at
 * most, and has one shard: after some twenty tasks every workflow task would wait 41 ms. Timers fire up to a second
 * late unless the fourth knob is turned. The last one lets runs of one priority take turns in a queue: without it a run of
 * thousands of tasks goes before whatever comes after it.
 */
export const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=100000',
  'history.timerProcessorMaxPollRPS=100000',
  'history.visibilityProcessorMaxPollRPS=100000',
  'history.timerProcessorMaxTimeShift="10ms"',
  'matching.enableFairness=true',
];

/** The file of a home's own Temporal. */
export const temporalDatabase = (home: string): string => join(home, 'temporal.db');

/** `temporal …` for a server on this machine only, which keeps its state in a file. */
export function temporalArguments(databaseFile: string, port: number): readonly string[] {
  return [
    ...['server', 'start-dev', '--headless', '--log-level', 'warn'],
    ...['--ip', '127.0.0.1', '--port', String(port), '--db-filename', databaseFile],
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
  ];
}
