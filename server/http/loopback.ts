import { isLoopback } from '../../platform/loopback.ts';

/**
 * The address to listen on. Beyond this machine it takes a token, for whoever reaches the API can run code.
 *
 * @throws RangeError naming the address and both ways out.
 */
export function listeningAddress(address: string, token: string | null): string {
  if (token !== null || isLoopback(address)) return address;
  throw new RangeError(
    `The API listens on this machine only unless its callers have a token, and not on ${address}: ` +
      'set MILLRACE_API_TOKEN_FILE, here and for the command line; or leave MILLRACE_API_HOST out, and reach it from ' +
      'elsewhere through an SSH tunnel.',
  );
}
