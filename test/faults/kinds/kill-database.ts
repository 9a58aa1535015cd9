import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '../../../platform/signals.ts';
import type { Fault } from '../fault.ts';
import type { Stage } from '../stage.ts';
import { holderOfWriteLock } from '../write-lock.ts';
import { killWorker } from './kill-worker.ts';

/** SIGKILL to PostgreSQL, which is away for a moment. */
export const killPostgres: Fault = {
  kind: 'kill postgres',
  isPossible: ({ storage }) => storage.postgres !== null,
  strike: async ({ stage, random }) => {
    await delay(random.below(1_000));
    const awayMs = random.below(4_000);
    await stage.storage.postgres?.kill();
    await delay(awayMs);
    await stage.storage.postgres?.restart();
    return `for ${awayMs} ms`;
  },
};

/** SIGKILL to a process that has begun to write to SQLite and has not committed. */
export const killInTransaction: Fault = {
  kind: 'kill in a transaction',
  isPossible: ({ storage }) => storage.postgres === null,
  strike: async ({ stage }) => {
    const { parts } = await stage.system().record();
    const workers = await stage.workers();
    const candidates = parts.api ? [...workers, parts.api] : workers;
    const writes = keepWriting(stage);
    const holder = await holderOfWriteLock(stage.system().home, candidates, 12_000);
    if (holder !== null) {
      if (workers.some(({ pid }) => pid === holder.pid)) await killWorker(holder);
      else sendSignal(holder.pid, 'SIGKILL');
    }
    await writes.end();
    return holder && `${holder.pid === parts.api?.pid ? 'api' : 'worker'} ${holder.pid}`;
  },
};

/** Transactions take a fraction of a millisecond: only where there are many is one found that is under way. */
function keepWriting({ client }: Stage): { readonly end: () => Promise<unknown> } {
  const state = { isOver: false };
  const write = async () => {
    while (!state.isOver) {
      await client()
        .setPool({ name: 'warehouse', slots: 2 })
        .catch(() => delay(20));
    }
  };
  const writers = Promise.all(Array.from({ length: 10 }, write));
  return {
    end: () => {
      state.isOver = true;
      return writers;
    },
  };
}
