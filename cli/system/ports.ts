import { createServer } from 'node:net';
import { freePort } from '../../platform/free-port.ts';
import { CliError, EXIT } from '../cli-error.ts';

/** Where the parts of an embedded system listen unless something else does. */
export const DEFAULT_PORTS = { api: 7420, serving: 7430, temporal: 7433 } as const;

/**
 * A port to listen on: the one asked for, or else the usual one, or else a free one.
 *
 * @throws CliError `badInput` when the one asked for is taken: giving another would break what was told to others.
 */
export async function choosePort(
  part: string,
  option: string,
  asked: number | undefined,
  usual: number | null,
): Promise<number> {
  if (asked !== undefined && asked !== 0) {
    if (await isFree(asked)) return asked;
    const cure = `Name another with ${option}, or leave it out to get a free one.`;
    throw new CliError(EXIT.badInput, `Port ${asked}, asked for ${part}, is taken by another process. ${cure}`);
  }
  return asked !== 0 && usual !== null && (await isFree(usual)) ? usual : freePort();
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
