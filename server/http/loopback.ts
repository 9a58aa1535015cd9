import { isLoopback } from '../../platform/loopback.ts';

/**
 * The address to listen on, which must be this machine's own: whoever reaches the API can run code.
 *
 * @throws RangeError naming the address and the way to open the API to others.
 */
export function loopbackAddress(address: string): string {
  if (isLoopback(address)) return address;
  throw new RangeError(
    `The API has no authentication yet and listens on this machine only, not on ${address}: ` +
      'leave MILLRACE_API_HOST out, and reach it from elsewhere through an SSH tunnel.',
  );
}
