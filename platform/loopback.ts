import type { IncomingHttpHeaders } from 'node:http';
import type { Server } from 'node:net';

const ADDRESSES = new Set(['127.0.0.1', '::1', 'localhost']);
const NAME = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether an address to listen on is this machine's own. */
export function isLoopback(address: string): boolean {
  return ADDRESSES.has(address);
}

/**
 * Why a request is not from this machine's own users; null when nothing says so. A web page of a stranger can make its own
 * name resolve to 127.0.0.1 (DNS rebinding) and would then be of the same origin as what listens there; the Host header
 * gives it away. A page of another origin is known by its Origin, which browsers send with all that may change something.
 *
 * @param answering what the request came to, as the reason calls it: `This API`.
 */
export function foreignCaller({ host = '', origin }: IncomingHttpHeaders, answering: string): string | null {
  if (!NAME.test(host)) return `${answering} answers under localhost and 127.0.0.1 only, not under '${host}'.`;
  const isForeign = origin !== undefined && !NAME.test(origin.replace(/^https?:\/\//, ''));
  return isForeign ? `${answering} takes no requests from pages of '${origin}'.` : null;
}

/** @param port 0 for any that is free. @returns the server's URL, once it listens. */
export function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return reject(new Error(`${host} is no address of a network.`));
      resolve(`http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`);
    });
  });
}
