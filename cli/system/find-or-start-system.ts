import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../../server/client.ts';
import type { Place } from '../place.ts';
import { type StartedSystem, SystemInCare, startSystem } from './start-system.ts';
import { runningApi } from './with-api.ts';

export type FoundSystem =
  | { readonly kind: 'running'; readonly client: ApiClient }
  | {
      readonly kind: 'own';
      readonly system: StartedSystem;
      /** Ends it; with `waits`, once nothing that other commands began on it is under way. */
      end(client: ApiClient, waits: boolean): Promise<void>;
    };

/** How long another command may take to get its system up; downloading Temporal is the longest of it. */
const PATIENCE_MS = 180_000;

/** The system that is up, or that another command is starting just now; or else one in this command's care. */
export async function findOrStartSystem(place: Place, say: (line: string) => void): Promise<FoundSystem> {
  let waits = false;
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    const client = await runningApi(place);
    if (client !== null) return { kind: 'running', client };
    try {
      return await ownSystem(place, say);
    } catch (error) {
      if (!(error instanceof SystemInCare) || Date.now() > until) throw error;
    }
    if (!waits) say('No system is up, and another command is starting or ending one: waiting for it.');
    waits = true;
    await delay(200);
  }
}

/** On free ports: it ends with the command, so that nobody needs to know where it is. */
const FREE_PORTS = { api: 0, serving: 0, temporal: 0 };

async function ownSystem(place: Place, say: (line: string) => void): Promise<FoundSystem> {
  let isSaid = false;
  const announce = (line: string): void => {
    if (!isSaid) say('No system is up: starting one for this run. (`millrace up` keeps one.)');
    isSaid = true;
    say(line);
  };
  const since = Date.now();
  const system = await startSystem({ place, ports: FREE_PORTS, queues: null, say: announce });
  const end = async (client: ApiClient, waits: boolean): Promise<void> => {
    if (waits) await untilOthersEnded(client, since, say);
    await system.stop();
  };
  return { kind: 'own', system, end };
}

/** The others look once a second at most, and have to see how their runs ended. */
const LAST_LOOK_MS = 3_000;

/** Runs that other commands began meanwhile would stand still without it. What is older than it waits for `up` anyway. */
async function untilOthersEnded(client: ApiClient, since: number, say: (line: string) => void): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  try {
    const pause = (ms: number) => delay(ms, undefined, { signal: interrupted.signal }).catch(() => {});
    for (let isSaid = false; !interrupted.signal.aborted; isSaid = true) {
      const others = await runsSince(client, since);
      if (others.length === 0) return isSaid ? await pause(LAST_LOOK_MS) : undefined;
      if (!isSaid) say(`The system stays up for ${others.join(', ')}, begun meanwhile. Ctrl-C ends it at once.`);
      await pause(500);
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

/** @returns none where the API is away: then there is nothing to keep up. */
async function runsSince(client: ApiClient, since: number): Promise<readonly string[]> {
  const pages = await Promise.all(
    (['pending', 'running'] as const).map((status) => client.runs({ status, limit: 100 }).catch(() => ({ items: [] }))),
  );
  return pages
    .flatMap(({ items }) => items)
    .filter(({ driver, createdAt }) => driver === 'temporal' && createdAt >= since)
    .map(({ id }) => id);
}
