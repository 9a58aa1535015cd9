import { setTimeout as delay } from 'node:timers/promises';

/** Resolves once a Temporal server answers and knows the namespace: its port opens a moment earlier. */
export async function untilTemporalAnswers(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  const { Connection } = await import('@temporalio/client');
  const connection = Connection.lazy({ address, connectTimeout: 1_000 });
  try {
    while (!signal.aborted) {
      const answer = await connection
        .withDeadline(Date.now() + 1_000, () => connection.workflowService.describeNamespace({ namespace }))
        .catch(() => null);
      if (answer !== null) return;
      await delay(50);
    }
    throw new Error(`Temporal at ${address} did not answer.`);
  } finally {
    await connection.close();
  }
}
