import type { IncomingMessage } from 'node:http';
import { ServingError } from '../serving-error.ts';
import type { BodyShare } from './body-budget.ts';

/** A body that stops on its way must not keep its share of the budget from others. */
const ARRIVAL_LIMIT_MS = 30_000;

/**
 * A request's body as text. It is taken from the process' share as it comes: a length that is only told holds nothing.
 *
 * @throws ServingError `tooLarge` past the limit (in bytes), without reading on; `unavailable` when other requests hold too
 * much; `tooSlow` when it has not come in time; `invalid` for a compressed body or bytes that are no UTF-8.
 */
export async function readBody(request: IncomingMessage, limit: number, share: BodyShare): Promise<string> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ServingError('invalid', `The body is compressed (${encoding}). Send it uncompressed.`);
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const bytes = await readBytes(request, limit, share);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ServingError('invalid', 'The body is no UTF-8 text.');
  }
}

function readBytes(request: IncomingMessage, limit: number, share: BodyShare): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (error: unknown) => {
      // What still comes is thrown away: a client may hear the answer only after all that it sends.
      request.removeAllListeners('data').resume();
      reject(error);
    };
    const timer = setTimeout(() => refuse(tooSlow(size)), ARRIVAL_LIMIT_MS);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > limit) throw tooLarge(limit);
        share.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        refuse(error);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const cutOff = () => reject(new ServingError('invalid', 'The client went away before its body had arrived.'));
    request.on('error', cutOff);
    request.on('close', () => {
      clearTimeout(timer);
      cutOff();
    });
  });
}

function tooSlow(size: number): ServingError {
  const seconds = ARRIVAL_LIMIT_MS / 1000;
  return new ServingError(
    'tooSlow',
    `Of the body ${size} bytes have come in ${seconds} seconds. Send it faster, or less.`,
  );
}

function tooLarge(limit: number): ServingError {
  return new ServingError('tooLarge', `The body is larger than ${limit} bytes. Send the rows in several requests.`);
}
