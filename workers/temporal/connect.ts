import { NativeConnection } from '@temporalio/worker';
import { temporalFailure } from '../../platform/temporal-failure.ts';
import { withHandshake } from '../../platform/temporal-handshake.ts';
import { temporalSettings } from '../../platform/temporal-settings.ts';

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/**
 * Connects as the TEMPORAL_* settings say (address, namespace, TLS, API key), and looks whether the namespace is there: a
 * worker in one that is not would poll for ever.
 *
 * @throws Error with a sentence on what is wrong, the address and the next step.
 */
export async function connectToTemporal(env: NodeJS.ProcessEnv): Promise<TemporalConnection> {
  const settings = temporalSettings(env);
  if (settings === null) throw new Error('No Temporal is named: set TEMPORAL_ADDRESS to its host:port.');
  const { namespace } = settings;
  const explained = async (cause: unknown): Promise<never> => {
    const met = temporalFailure(cause, settings);
    if (met === null) throw cause;
    const { what, next } = await withHandshake(met, settings);
    throw new Error(`${what} ${next}`, { cause });
  };
  const connection = await NativeConnection.connect(settings.connection).catch(explained);
  try {
    await connection.workflowService.describeNamespace({ namespace }).catch(explained);
    return { connection, namespace };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
