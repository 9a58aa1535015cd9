import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

/**
 * Connects as the TEMPORAL_* settings say (address, namespace, TLS, API key).
 *
 * @throws Error that names the address.
 */
export async function connectToTemporal(): Promise<{ connection: NativeConnection; namespace: string }> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions).catch((cause: unknown) => {
    const address = connectionOptions.address ?? 'localhost:7233';
    const cure = 'Start it, correct TEMPORAL_ADDRESS, or run without Temporal: `millrace run --local`.';
    throw new Error(`Temporal at ${address} does not answer (${reasonOf(cause)}). ${cure}`, { cause });
  });
  return { connection, namespace: namespace ?? 'default' };
}

/** The system's own words out of the native client's nested ones. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /message: "([^"]+)"/.exec(text)?.[1] ?? text;
}
