import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { listen } from '../../platform/loopback.ts';
import { openStores, type Stores } from '../../store/open-stores.ts';
import { createApp } from '../app.ts';
import { type ApiClient, createClient } from '../client.ts';
import type { ServerContext } from '../server-context.ts';
import type { TemporalGateway } from '../temporal/temporal-gateway.ts';

/** The API on a free port over real stores in a temporary folder; only Temporal may be a stand-in. */
export interface TestServer {
  readonly url: string;
  readonly home: string;
  readonly client: ApiClient;
  readonly stores: Stores;
  close(): Promise<void>;
}

export async function startTestServer(
  temporal: TemporalGateway | null = null,
  now: () => number = Date.now,
  token: string | null = null,
): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-server-'));
  const stores = await openStores({ home, project: 'default' });
  const context: ServerContext = {
    ...stores,
    project: 'default',
    temporal,
    user: 'ada',
    log: pino({ level: 'silent' }),
    now,
  };
  const server = createServer(createApp(context, '0.0.0', token));
  const url = await listen(server, '127.0.0.1', 0);
  return { url, home, client: createClient(url, 'default'), stores, close: () => closeAll(server, stores, home) };
}

async function closeAll(server: Server, stores: Stores, home: string): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await stores.close();
  await rm(home, { recursive: true, force: true });
}

/** One server for the tests of a file. */
export function testServer(temporal: TemporalGateway | null = null): () => TestServer {
  let server: TestServer | null = null;
  beforeAll(async () => {
    server = await startTestServer(temporal);
  });
  afterAll(() => server?.close());
  return () => {
    if (server === null) throw new Error('the server is not up yet');
    return server;
  };
}
