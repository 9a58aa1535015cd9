import type { RequestHandler } from 'express';
import { foreignCaller } from '../../platform/loopback.ts';
import { ApiProblem } from './problem.ts';

/** Takes requests only under a loopback name, and from no page of another origin. */
export const guardHost: RequestHandler = (request, _response, next) => {
  const foreign = foreignCaller(request.headers, 'This API');
  if (foreign !== null) throw new ApiProblem('forbiddenHost', foreign);
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
