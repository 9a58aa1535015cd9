import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { Logger } from 'pino';
import { foreignCaller } from '../../platform/loopback.ts';
import type { ServableHandle, ServableManager, VersionChoice } from '../lifecycle/servable-manager.ts';
import { ServingError, type ServingErrorKind } from '../serving-error.ts';
import { BodyBudget, type BodyShare } from './body-budget.ts';
import { decodeFeeds, parseInferBody, requestedOutputs } from './infer-request.ts';
import { inferResponse } from './infer-response.ts';
import { modelMetadata } from './model-metadata.ts';
import { readBody } from './read-body.ts';
import { allowedMethod, checkMethod, parseRoute, type RestRoute } from './rest-route.ts';

/** Far above any sensible request of rows. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Two of the largest: parsed, computed and written again, bodies take some fifteen times their bytes. */
const MAX_HELD_BYTES = 2 * MAX_BODY_BYTES;
/** Longer than the idle time of usual balancers, so that it is they who close a connection, with no request on it. */
const KEEP_ALIVE_MS = 75_000;

const STATUS: Readonly<Record<ServingErrorKind, number>> = {
  invalid: 400,
  forbidden: 403,
  notFound: 404,
  wrongMethod: 405,
  tooSlow: 408,
  tooLarge: 413,
  unavailable: 503,
};

export interface RestOptions {
  readonly manager: ServableManager;
  /** Millrace's version. */
  readonly version: string;
  /**
   * Whether the endpoints are known that this process should serve, and it takes requests: not while draining. Nothing of
   * any one endpoint: what no replica can load, or what dies on all, would take the others' traffic away with its own.
   */
  readonly isReady: () => boolean;
  readonly isDraining: () => boolean;
  /** Whether others than this machine's users may ask. */
  readonly isOpen: boolean;
  readonly log: Logger;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Open Inference Protocol v2 in its REST form, straight on node:http: a router would cost more than the inference. */
export function createRestServer(options: RestOptions): Server {
  const bodies = new BodyBudget(MAX_HELD_BYTES);
  const server = createServer((request, response) => void handle(options, bodies.share(), request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

async function handle(
  options: RestOptions,
  share: BodyShare,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const foreign = options.isOpen ? null : foreignCaller(request.headers, 'Serving');
    if (foreign !== null) throw new ServingError('forbidden', foreign);
    const route = parseRoute(request.url ?? '/');
    response.setHeader('allow', allowedMethod(route));
    checkMethod(route, request.method);
    response.removeHeader('allow');
    send(options, request, response, await answer(options, route, request, share));
  } catch (error) {
    send(options, request, response, refusal(options, error));
  } finally {
    // The answer lies in memory, too, until its client has taken it or gone.
    finished(response, () => share.release());
  }
}

async function answer(
  options: RestOptions,
  route: RestRoute,
  request: IncomingMessage,
  share: BodyShare,
): Promise<Answer> {
  switch (route.kind) {
    case 'server':
      return json(200, { name: 'millrace', version: options.version, extensions: [] });
    case 'live':
      return json(200, { live: true });
    case 'ready':
      return readiness(options.isReady());
    case 'infer':
      return infer(options, route.endpoint, route.version, await readBody(request, MAX_BODY_BYTES, share));
    default: {
      const handle = takeHandle(options, route.endpoint, route.version ?? 'largest');
      try {
        if (route.kind === 'metadata') return json(200, modelMetadata(handle));
        return readiness(canAnswer(options, handle, route.version), { name: route.endpoint });
      } finally {
        handle.release();
      }
    }
  }
}

/** Without a version the traffic deals requests to any of them. */
function canAnswer({ manager }: RestOptions, { endpoint, pooled }: ServableHandle, version: number | null): boolean {
  return version === null ? manager.isWhole(endpoint) : pooled.servable.alive;
}

function readiness(ready: boolean, more: object = {}): Answer {
  return json(ready ? 200 : 503, { ...more, ready });
}

async function infer(options: RestOptions, endpoint: string, version: number | null, text: string): Promise<Answer> {
  const handle = takeHandle(options, endpoint, version ?? 'byTraffic');
  try {
    const { servable, batcher } = handle.pooled;
    const body = parseInferBody(text);
    const feeds = decodeFeeds(servable.signature, body);
    const outputs = requestedOutputs(servable.signature, body);
    return { status: 200, body: inferResponse(handle, body.id, await batcher.infer(feeds, outputs)) };
  } catch (error) {
    if (!(error instanceof ServingError)) throw error;
    throw new ServingError(error.kind, `Endpoint '${endpoint}': ${error.message}`);
  } finally {
    handle.release();
  }
}

/** What a process that starts has not loaded yet, it must not deny: clients try again after a 503, not after a 404. */
function takeHandle({ manager, isReady }: RestOptions, endpoint: string, choice: VersionChoice): ServableHandle {
  try {
    return manager.handle(endpoint, choice);
  } catch (error) {
    if (!(error instanceof ServingError) || error.kind !== 'notFound' || isReady()) throw error;
    throw new ServingError('unavailable', `This server is not ready to serve '${endpoint}'. Try again soon.`);
  }
}

function refusal(options: RestOptions, error: unknown): Answer {
  if (error instanceof ServingError) return json(STATUS[error.kind], { error: error.message });
  options.log.error({ err: error }, 'a request failed inside the server');
  return json(500, { error: 'The server failed on this request. Its log says more.' });
}

function json(status: number, body: object): Answer {
  return { status, body: JSON.stringify(body) };
}

function send(
  options: RestOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { status, body }: Answer,
): void {
  if (response.destroyed) return;
  // A body that was not read to its end cannot be followed by another request on this connection.
  if (options.isDraining() || status === 408 || status === 413) response.setHeader('connection', 'close');
  if (status === 503) response.setHeader('retry-after', '1');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}
