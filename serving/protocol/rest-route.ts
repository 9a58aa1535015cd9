import { ServingError } from '../serving-error.ts';

/** What a path of the Open Inference Protocol's REST form asks for. */
export type RestRoute =
  | { readonly kind: 'server' | 'live' | 'ready' }
  | {
      readonly kind: 'metadata' | 'modelReady' | 'infer';
      readonly endpoint: string;
      /** Null where the path names none. */
      readonly version: number | null;
    };

const ACTIONS = { ready: 'modelReady', infer: 'infer' } as const;

/**
 * @param target The request's target: path and query, as in the request line.
 * @throws ServingError `notFound`, with the paths there are.
 */
export function parseRoute(target: string): RestRoute {
  const path = target.split('?', 1)[0] ?? '';
  const [root, first, second, ...rest] = path.replace(/^\/|\/$/g, '').split('/');
  if (root === 'v2' && first === undefined) return { kind: 'server' };
  if (root === 'v2' && rest.length === 0 && first === 'health' && (second === 'live' || second === 'ready')) {
    return { kind: second };
  }
  const route = root === 'v2' && first === 'models' && second ? modelRoute(decode(second), rest) : null;
  if (route) return route;
  const paths = '/v2, /v2/health/live, /v2/health/ready, /v2/models/{endpoint}[/versions/{version}][/ready|/infer]';
  throw new ServingError('notFound', `There is nothing at ${path}. Paths: ${paths}.`);
}

/** @throws ServingError `wrongMethod`. */
export function checkMethod(route: RestRoute, method: string | undefined): void {
  const allowed = allowedMethod(route);
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return;
  throw new ServingError('wrongMethod', `${method} is not possible here. Use ${allowed}.`);
}

export function allowedMethod(route: RestRoute): 'GET' | 'POST' {
  return route.kind === 'infer' ? 'POST' : 'GET';
}

function modelRoute(endpoint: string, rest: readonly string[]): RestRoute | null {
  const versioned = rest[0] === 'versions' && rest[1] !== undefined;
  const version = versioned ? parseVersion(endpoint, decode(rest[1] ?? '')) : null;
  const [action, ...more] = versioned ? rest.slice(2) : rest;
  if (more.length > 0) return null;
  if (action === undefined) return { kind: 'metadata', endpoint, version };
  return action === 'ready' || action === 'infer' ? { kind: ACTIONS[action], endpoint, version } : null;
}

function parseVersion(endpoint: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ServingError(
    'notFound',
    `'${text}' is no version of endpoint '${endpoint}'. Give its number, as in versions/3.`,
  );
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ServingError('invalid', `'${part}' in the path is not well encoded.`);
  }
}
