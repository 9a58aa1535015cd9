import express, { Router } from 'express';
import { type Digest, digestOfBytes, isDigest } from '../../ir/digest.ts';
import { pathParam } from '../http/exchange.ts';
import { ApiProblem } from '../http/problem.ts';
import type { ServerContext } from '../server-context.ts';

/** Code bundles and files are small; data goes to the artifact store from where it is made. */
const LARGEST_BLOB = '256mb';

/** HEAD and PUT /blobs/:digest: bytes by digest, so that only what is not there yet is sent. */
export function blobRoutes(context: ServerContext): Router {
  const router = Router();
  router.head('/blobs/:digest', async (request, response) => {
    const found = await context.artifacts.hasBlob(digestOf(pathParam(request, 'digest')));
    response.status(found ? 200 : 404).end();
  });
  router.put(
    '/blobs/:digest',
    express.raw({ type: 'application/octet-stream', limit: LARGEST_BLOB }),
    async (request, response) => {
      const digest = digestOf(pathParam(request, 'digest'));
      const body: unknown = request.body;
      if (!request.is('application/octet-stream') && request.headers['content-length'] !== '0') {
        throw new ApiProblem('unsupportedMediaType', 'A blob is sent as application/octet-stream.');
      }
      const bytes = body instanceof Uint8Array ? body : new Uint8Array();
      const actual = digestOfBytes(bytes);
      if (actual !== digest) {
        throw new ApiProblem('digestMismatch', `The ${bytes.byteLength} bytes sent as ${digest} are ${actual}.`, {
          next: 'Send them again; if it happens again, something on the way changes them.',
        });
      }
      await context.artifacts.putBlob(bytes);
      response.status(201).json({ digest, size: bytes.byteLength });
    },
  );
  return router;
}

function digestOf(text: string): Digest {
  if (isDigest(text)) return text;
  throw new ApiProblem('invalidRequest', `'${text}' is no digest: sha256: and 64 hexadecimal digits.`);
}
