import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { listen } from '../platform/loopback.ts';
import { packageVersion } from '../platform/package-version.ts';
import { aspiredCachePath } from './lifecycle/aspired-cache.ts';
import { EndpointSource, type ServingStores } from './lifecycle/endpoint-source.ts';
import { ServableManager } from './lifecycle/servable-manager.ts';
import { ServablePool } from './lifecycle/servable-pool.ts';
import { loadOnnx } from './onnx/onnx-loader.ts';
import { createRestServer } from './protocol/rest-server.ts';
import type { ServingSettings } from './serving-settings.ts';

/** How long requests in flight may take to end after the process was asked to. */
const DRAIN_LIMIT_MS = 10_000;

export interface ServingProcess {
  readonly url: string;
  /** Takes no new connections, ends what is in flight, takes its row away. */
  drain(): Promise<void>;
}

/** Listens first and follows the store then, so that health can be asked for from the start. */
export async function startServing(
  settings: ServingSettings,
  openStores: () => Promise<ServingStores>,
  log: Logger,
): Promise<ServingProcess> {
  const manager = new ServableManager(new ServablePool(loadOnnx));
  let draining = false;
  let source: EndpointSource | null = null;
  const server = createRestServer({
    manager,
    version: packageVersion(),
    isReady: () => !draining && source?.ready === true,
    isDraining: () => draining,
    isOpen: settings.isOpen,
    log,
  });
  const url = await listen(server, settings.host, settings.port);
  const following = new EndpointSource({
    openStores,
    manager,
    cachePath: aspiredCachePath(settings.home, settings.project),
    replica: { id: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`, url },
    log,
  });
  source = following;
  following.start();
  return {
    url,
    drain: async () => {
      draining = true;
      await Promise.all([closeServer(server), following.stop()]);
      manager.close();
    },
  };
}

/** Idle connections are closed at once, the others after the answer that is under way. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await Promise.race([closed, delay(DRAIN_LIMIT_MS, undefined, { ref: false })]);
  server.closeAllConnections();
}
