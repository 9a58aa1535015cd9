import { type TemporalFailure, temporalFailure } from '../../platform/temporal-failure.ts';
import { withHandshake } from '../../platform/temporal-handshake.ts';
import type { TemporalSettings } from '../../platform/temporal-settings.ts';

/** @returns what keeps this machine from its namespace; null where nothing does. */
export async function reachTemporal(settings: TemporalSettings, withinMs: number): Promise<TemporalFailure | null> {
  const { Connection } = await import('@temporalio/client');
  const { namespace } = settings;
  const connection = Connection.lazy({ ...settings.connection, connectTimeout: withinMs });
  try {
    await connection.withDeadline(Date.now() + withinMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return null;
  } catch (error) {
    const failure = temporalFailure(error, settings);
    if (failure === null) throw error;
    return withHandshake(failure, settings);
  } finally {
    await connection.close();
  }
}
