import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a worker and Temporal. While it is paused, what the worker says does not arrive; it hears as before. */
export interface PausableProxy {
  readonly port: number;
  /** Where the server is now. */
  leadTo(port: number): void;
  pause(): void;
  goOn(): void;
  stop(): Promise<void>;
}

export async function startPausableProxy(serverPort: number): Promise<PausableProxy> {
  const state = { port: serverPort, isPaused: false };
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(state.port, '127.0.0.1');
    clients.add(client);
    client.on('error', () => {}).on('close', () => clients.delete(client) && upstream.destroy());
    upstream.on('error', () => {}).on('close', () => client.destroy());
    upstream.on('data', (data) => client.write(data));
    // Not by pipe, which resumes a socket by itself.
    if (state.isPaused) client.pause();
    client.on('data', (data) => upstream.write(data));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    port: address.port,
    leadTo: (port) => {
      state.port = port;
    },
    pause: () => {
      state.isPaused = true;
      for (const client of clients) client.pause();
    },
    goOn: () => {
      state.isPaused = false;
      for (const client of clients) client.resume();
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
