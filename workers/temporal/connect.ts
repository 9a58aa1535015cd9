import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { type TemporalFailureKind, temporalFailure } from '../../platform/temporal-failure.ts';
import { withHandshake } from '../../platform/temporal-handshake.ts';
import { type TemporalSettings, temporalSettings } from '../../platform/temporal-settings.ts';

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** By what is amiss: a server that starts together with the worker may take some seconds, and many on a busy machine. */
const PATIENCE_MS: Partial<Record<TemporalFailureKind, number>> = { away: 30_000, namespace: 3_000 };
/** Only what takes longer is told. */
const QUIET_MS = 3_000;
const AGAIN_MS = 100;

/**
 * Connects as the TEMPORAL_* settings say (address, namespace, TLS, API key), and looks whether the namespace is there: a
 * worker in one that is not would poll for ever.
 *
 * @throws Error with a sentence on what is wrong, the address and the next step.
 */
export async function connectToTemporal(env: NodeJS.ProcessEnv): Promise<TemporalConnection> {
  const settings = temporalSettings(env);
  if (settings === null) throw new Error('No Temporal is named: set TEMPORAL_ADDRESS to its host:port.');
  let isTold = false;
  for (const since = Date.now(); ; await delay(AGAIN_MS)) {
    try {
      return await connect(settings);
    } catch (cause) {
      const met = temporalFailure(cause, settings);
      if (met === null) throw cause;
      const [waitedMs, patienceMs] = [Date.now() - since, PATIENCE_MS[met.kind] ?? 0];
      if (waitedMs >= patienceMs) {
        const { what, next } = await withHandshake(met, settings);
        throw new Error(`${what} ${next}`, { cause });
      }
      if (!isTold && waitedMs > QUIET_MS)
        console.error(`${met.what} It is waited for, ${patienceMs / 1_000} s in all.`);
      isTold ||= waitedMs > QUIET_MS;
    }
  }
}

async function connect({ namespace, connection: options }: TemporalSettings): Promise<TemporalConnection> {
  const connection = await NativeConnection.connect(options);
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return { connection, namespace };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
