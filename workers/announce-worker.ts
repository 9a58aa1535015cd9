import { hostname } from 'node:os';
import { installedExternals } from '../code/externals.ts';
import { identifySelf } from '../platform/process-identity.ts';
import type { Stores } from '../store/open-stores.ts';
import type { WorkerSettings } from './settings.ts';

const EVERY_MS = 5_000;
/** Three missed announcements, and the worker counts as gone. */
const LEASE_MS = 15_000;

export interface Announcement {
  withdraw(): Promise<void>;
}

/** Keeps the worker's row alive, so that people and submissions see which queues are served, and with what. */
export async function announceWorker({ metadata, secrets }: Stores, settings: WorkerSettings): Promise<Announcement> {
  const startedAt = Date.now();
  const self = await identifySelf();
  const announce = async () =>
    metadata.workers.heartbeat({
      id: settings.id,
      queues: settings.queues,
      host: hostname(),
      pid: process.pid,
      capacity: settings.capacity,
      externals: installedExternals(),
      // Names alone: what a run's tasks miss is said before it starts.
      details: { secrets: await secrets.holds(), process: self },
      startedAt,
      leaseUntil: Date.now() + LEASE_MS,
    });
  await announce();
  // A store that is away for a moment costs an announcement, not the worker.
  const timer = setInterval(() => void announce().catch(() => undefined), EVERY_MS);
  return {
    withdraw: async () => {
      clearInterval(timer);
      await metadata.workers.remove(settings.id);
    },
  };
}
