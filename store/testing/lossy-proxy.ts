import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server of this machine, and loses their connection where a test says so. */
export interface LossyProxy {
  readonly port: number;
  /**
   * Cuts the connection on which the client next sends the text: `before` the server gets it, or `after` it has answered,
   * in place of handing the answer on. Resolves when it has been cut.
   */
  cut(text: string, when: 'before' | 'after'): Promise<void>;
  stop(): Promise<void>;
}

interface Cut {
  readonly text: string;
  readonly when: 'before' | 'after';
  readonly done: () => void;
}

export async function startProxy(serverPort: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  const next: { cut: Cut | null } = { cut: null };
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    relay(client, upstream, next);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    port: address.port,
    cut: (text, when) =>
      new Promise((done) => {
        next.cut = { text, when, done };
      }),
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function relay(client: Socket, upstream: Socket, next: { cut: Cut | null }): void {
  let swallowing: Cut | null = null;
  const cutBoth = (cut: Cut) => {
    client.destroy();
    upstream.destroy();
    cut.done();
  };
  client.on('data', (data) => {
    const cut = next.cut !== null && data.includes(next.cut.text) ? next.cut : null;
    if (cut !== null) next.cut = null;
    if (cut?.when === 'before') {
      cutBoth(cut);
      return;
    }
    swallowing ??= cut;
    upstream.write(data);
  });
  upstream.on('data', (data) => {
    if (swallowing === null) client.write(data);
    else cutBoth(swallowing);
  });
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
}
