import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What goes wrong with a request: it is answered by an error that S3 gives, or the connection breaks or stands still,
 * before the request reaches the server or when half of the answer has come. Or the request reaches it late.
 */
export type Fault =
  | { readonly kind: 'error'; readonly status: number; readonly code: string }
  | { readonly kind: 'break' | 'standStill'; readonly at: 'request' | 'answer' }
  | { readonly kind: 'slow'; readonly ms: number };

export interface FaultyProxy {
  readonly endpoint: string;
  /** Says what goes wrong with a request; null lets it pass. The first has the number 1. */
  fault: (request: IncomingMessage, number: number) => Fault | null;
  stop(): Promise<void>;
}

/** Stands in front of a real server. */
export async function startFaultyProxy(endpoint: string): Promise<FaultyProxy> {
  let count = 0;
  const proxy: { fault: FaultyProxy['fault'] } = { fault: () => null };
  const server = createServer((request, response) => {
    count += 1;
    const fault = proxy.fault(request, count);
    if (fault?.kind === 'error') answerError(request, response, fault);
    else if (fault?.kind === 'slow') setTimeout(pass, fault.ms, endpoint, request, response, null);
    else if (fault?.at === 'request') harm(fault.kind, response);
    else pass(endpoint, request, response, fault?.kind ?? null);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code }: Extract<Fault, { kind: 'error' }>,
): void {
  request.resume();
  request.on('end', () => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>Not now.</Message></Error>`);
  });
}

function harm(kind: 'break' | 'standStill', response: ServerResponse): void {
  if (kind === 'break') response.socket?.resetAndDestroy();
}

function pass(
  endpoint: string,
  request: IncomingMessage,
  response: ServerResponse,
  harmed: 'break' | 'standStill' | null,
): void {
  // The host that was signed stays the host that is told.
  const { method = 'GET', headers } = request;
  const onward = ask(`${endpoint}${request.url}`, { method, headers }, async (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    const left = Number(answer.headers['content-length'] ?? 0);
    let given = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (harmed && given + chunk.length > left / 2) {
        response.write(chunk.subarray(0, Math.max(0, Math.floor(left / 2) - given)), () => harm(harmed, response));
        return;
      }
      response.write(chunk);
      given += chunk.length;
    }
    response.end();
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
