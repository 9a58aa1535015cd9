import { join } from 'node:path';
import { freePort } from '../../platform/free-port.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { makeHome } from '../make-folder.ts';
import type { Place } from '../place.ts';
import { onFreePorts } from './on-free-ports.ts';
import { startPart } from './part-process.ts';
import { apiSpec } from './part-specs.ts';

/** An API process of a command's own, without Temporal: enough to read what is stored and for local runs. */
export interface ApiAlone {
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws CliError `unreachable` with the reason. */
export async function startApiAlone(place: Place): Promise<ApiAlone> {
  makeHome(place.home);
  try {
    return await onFreePorts({
      choose: async () => ({ ports: [await freePort()] as const }),
      start: ({ ports: [port] }) => startOn(port, place),
      // Nobody has asked for the port.
      say: () => undefined,
    });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.unreachable, error instanceof Error ? error.message : String(error), {
      next: 'Look at `millrace doctor`.',
      cause: error,
    });
  }
}

async function startOn(port: number, place: Place): Promise<ApiAlone> {
  const part = await startPart(apiSpec(place, port, { kind: 'none' }), join(place.home, 'logs', 'api.log'));
  await part.ready.catch(async (error: unknown) => {
    await part.stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => part.stop() };
}
