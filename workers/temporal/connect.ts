import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { type TemporalFailureKind, temporalFailure } from '../../platform/temporal-failure.ts';
import { withHandshake } from '../../platform/temporal-handshake.ts';
import { type TemporalSettings, temporalSettings } from '../../platform/temporal-settings.ts';

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/**
 * By what is amiss: a server that starts together with the worker may take some seconds, and nearly a minute on a busy
 * machine; it listens a moment before it knows its namespaces.
 */
const PATIENCE_MS: Partial<Record<TemporalFailureKind, number>> = { away: 55_000, namespace: 3_000 };
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
  const lastsFor = stopwatch<TemporalFailureKind>();
  let told: TemporalFailureKind | null = null;
  for (;;) {
    try {
      return await connect(settings);
    } catch (cause) {
      const met = temporalFailure(cause, settings);
      if (met === null) throw cause;
      const [lastsMs, patienceMs] = [lastsFor(met.kind), PATIENCE_MS[met.kind] ?? 0];
      if (lastsMs >= patienceMs) {
        const { what, next } = await withHandshake(met, settings);
        throw new Error(`${what} ${next}`, { cause });
      }
      if (lastsMs > QUIET_MS && told !== met.kind) {
        console.error(`${met.what} It is waited for, ${patienceMs / 1_000} s in all.`);
        told = met.kind;
      }
      await delay(AGAIN_MS);
    }
  }
}

/** For how many milliseconds it has been told the same now, by a clock that does not jump. */
function stopwatch<T>(): (state: T) => number {
  let told: T | null = null;
  let since = 0;
  return (state) => {
    if (state !== told) since = performance.now();
    told = state;
    return performance.now() - since;
  };
}

async function connect({ namespace, mark, connection: options }: TemporalSettings): Promise<TemporalConnection> {
  const connection = await NativeConnection.connect(options);
  try {
    for (const name of mark === null ? [namespace] : [mark, namespace]) {
      await connection.workflowService.describeNamespace({ namespace: name });
    }
    return { connection, namespace };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
