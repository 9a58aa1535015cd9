import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, ApiUnreachable, type Run } from '../../server/client.ts';
import { CliError, EXIT } from '../cli-error.ts';

/** The supervisor has an API that ended up again within some seconds. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 250;

/** Whether nothing happens in a run while no system is up. */
export function needsSystem({ driver, endedAt }: Run): boolean {
  return driver === 'temporal' && endedAt === null;
}

/** For people who read runs of which some need a system, while none is up. */
export function noteNoSystem(runs: readonly Run[]): void {
  if (!runs.some(needsSystem)) return;
  const which = runs.length === 1 ? 'this run goes' : 'runs that have not ended go';
  process.stderr.write(`No system is up: ${which} on when \`millrace up\` is started.\n`);
}

export function noSystem(runId: string, cause?: unknown): CliError {
  return new CliError(EXIT.unreachable, `No system is up: run ${runId} goes on when \`millrace up\` is started.`, {
    next: `Watch it then with \`millrace runs get ${runId} --watch\`.`,
    cause,
  });
}

/**
 * Reads runs as a client does, and waits a while for an API that has gone away.
 *
 * @param stopped Ends the waiting.
 * @throws CliError `unreachable` when the API does not come back.
 */
export function patientClient(
  client: Pick<ApiClient, 'run'>,
  stopped: AbortSignal,
  patienceMs = PATIENCE_MS,
): Pick<ApiClient, 'run'> {
  const run = async (id: string) => {
    // An API that takes a request and never answers is away too.
    for (const patience = AbortSignal.timeout(patienceMs); ; ) {
      try {
        return await client.run(id, patience);
      } catch (error) {
        if (!(error instanceof ApiUnreachable)) throw error;
        if (patience.aborted || stopped.aborted) throw noSystem(id, error);
      }
      await delay(PAUSE_MS, undefined, { signal: stopped }).catch(() => {});
    }
  };
  return { run };
}
