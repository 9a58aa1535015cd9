import type { IncomingMessage } from 'node:http';
import { ServingError } from '../serving-error.ts';

/**
 * A request's body as text.
 *
 * @throws ServingError `tooLarge` past the limit (in bytes), without reading on; `invalid` for a compressed body or
 * bytes that are no UTF-8.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<string> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ServingError('invalid', `The body is compressed (${encoding}). Send it uncompressed.`);
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const bytes = await readBytes(request, limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ServingError('invalid', 'The body is no UTF-8 text.');
  }
}

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data').pause();
        reject(tooLarge(limit));
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const cutOff = () => reject(new ServingError('invalid', 'The client went away before its body had arrived.'));
    request.on('error', cutOff);
    request.on('close', cutOff);
  });
}

function tooLarge(limit: number): ServingError {
  return new ServingError('tooLarge', `The body is larger than ${limit} bytes. Send the rows in several requests.`);
}
