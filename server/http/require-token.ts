import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { ApiProblem } from './problem.ts';

/** Takes requests with `Authorization: Bearer TOKEN` only. No browser adds that by itself, so no page can lure it to ask. */
export function requireToken(token: string): RequestHandler {
  const expected = digestOf(token);
  return (request, response, next) => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    // Digests have one length, and comparing them takes the same time however many characters were right.
    if (timingSafeEqual(digestOf(given), expected)) return next();
    response.setHeader('www-authenticate', 'Bearer');
    const what = given === '' ? 'This API takes requests with its token only.' : 'This is not the token of this API.';
    throw new ApiProblem('unauthenticated', what, { next: 'Set MILLRACE_API_TOKEN_FILE, or MILLRACE_API_TOKEN.' });
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
