import type { RequestHandler } from 'express';
import { ApiProblem } from './problem.ts';

const LOOPBACK_HOST = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Takes requests only under a loopback name. A web page of a stranger can make its own name resolve to 127.0.0.1 (DNS
 * rebinding) and would then be of the same origin as this API; the Host header gives it away.
 */
export const guardHost: RequestHandler = (request, _response, next) => {
  const host = request.headers.host ?? '';
  if (!LOOPBACK_HOST.test(host)) {
    throw new ApiProblem('forbiddenHost', `This API answers under localhost and 127.0.0.1 only, not under '${host}'.`);
  }
  const origin = request.headers.origin;
  if (origin !== undefined && !LOOPBACK_HOST.test(origin.replace(/^https?:\/\//, ''))) {
    throw new ApiProblem('forbiddenHost', `This API takes no requests from pages of '${origin}'.`);
  }
  next();
};

/** A browser sends JSON across origins only after asking first, which this API never grants; plain forms it just sends. */
export const requireJsonOnWrites: RequestHandler = (request, _response, next) => {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (request.method === 'POST' && type !== 'application/json') {
    throw new ApiProblem('unsupportedMediaType', `POST ${request.path} takes application/json, not '${type ?? ''}'.`);
  }
  next();
};
