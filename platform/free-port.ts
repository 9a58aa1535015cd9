import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that nobody listens on at this moment, on any of the machine's addresses. It is not kept for anybody. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address !== null && typeof address === 'object') return address.port;
  throw new Error('The system gave a server no port.');
}
