import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { listen } from '../../platform/loopback.ts';
import type { AspiredShare } from '../lifecycle/aspired-endpoint.ts';
import type { Loader } from '../lifecycle/servable.ts';
import { ServableManager } from '../lifecycle/servable-manager.ts';
import { ServablePool } from '../lifecycle/servable-pool.ts';
import { loadOnnx } from '../onnx/onnx-loader.ts';
import { createRestServer } from '../protocol/rest-server.ts';
import { openClient } from './open-client.suite.ts';

/** A manager and its REST server in this process, with real models in their threads, and no store. */
export async function startLocalServing(load: Loader = loadOnnx, isOpen = false) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-serving-'));
  const manager = new ServableManager(new ServablePool(load));
  const log = pino({ level: 'silent' });
  const always = { isReady: () => true, isDraining: () => false };
  const server = createRestServer({ manager, version: '1.2.3', ...always, isOpen, log });
  const url = await listen(server, '127.0.0.1', 0);
  const client = openClient(url);
  let generation = 0;
  return {
    folder,
    manager,
    url,
    client,
    /** Gives an endpoint its traffic; the path stands for the digest too. */
    apply: (name: string, shares: readonly Partial<AspiredShare>[]) => {
      generation += 1;
      const whole = shares.map((share) => ({
        model: name,
        version: 1,
        percent: 100,
        path: '',
        digest: share.path ?? '',
        ...share,
      }));
      return manager.apply({ name, generation, updatedAt: generation, shares: whole });
    },
    close: async () => {
      client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      manager.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type LocalServing = Awaited<ReturnType<typeof startLocalServing>>;
