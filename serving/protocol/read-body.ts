import type { IncomingMessage } from 'node:http';
import { ServingError } from '../serving-error.ts';
import type { BodyShare } from './body-budget.ts';

/**
 * A request's body as text. Its length is taken from the process' share before it comes, or as it comes where it is not
 * told.
 *
 * @throws ServingError `tooLarge` past the limit (in bytes), without reading on; `unavailable` when other requests hold too
 * much; `invalid` for a compressed body or bytes that are no UTF-8.
 */
export async function readBody(request: IncomingMessage, limit: number, share: BodyShare): Promise<string> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ServingError('invalid', `The body is compressed (${encoding}). Send it uncompressed.`);
  }
  const told = request.headers['content-length'];
  if (Number(told ?? 0) > limit) throw tooLarge(limit);
  share.take(Number(told ?? 0));
  const bytes = await readBytes(request, limit, told === undefined ? share : null);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ServingError('invalid', 'The body is no UTF-8 text.');
  }
}

/** @param share to take from as chunks come; null where all was taken before. */
function readBytes(request: IncomingMessage, limit: number, share: BodyShare | null): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > limit) throw tooLarge(limit);
        share?.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        request.removeAllListeners('data').pause();
        reject(error);
      }
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
