import { hasDied } from '../../platform/process-identity.ts';
import type { ListedRun, Run } from '../../store/metadata/run-table.ts';
import type { ServerContext } from '../server-context.ts';
import { findRun, hasEnded, openRuns } from './find-run.ts';

/** A process takes its run within seconds, and finds it ended when it comes later than this. */
const UNCLAIMED_MS = 60_000;

/** Ends every local run that has lost its process, and with it what the run had under way. */
export async function endOrphans(context: ServerContext): Promise<void> {
  for (const run of await openRuns(context)) await endIfOrphaned(context, run);
}

/** @returns the run as it is then. */
export async function endIfOrphaned(context: ServerContext, run: ListedRun): Promise<ListedRun> {
  const lost = await howLost(run, context.now());
  if (lost === null) return run;
  const error = `${lost} Keep what it finished: \`millrace runs retry ${run.id} --local\`. Or run it again.`;
  await context.metadata.runs.end(run.id, { status: 'failed', output: null, error, at: context.now() });
  context.log.warn({ run: run.id }, lost);
  return findRun(context, run.id);
}

/** Whether no process executes the run yet, or any more, as far as can be known. */
export async function isWithoutRunner({ runner }: Run): Promise<boolean> {
  return runner === null || (await hasDied(runner));
}

async function howLost(run: Run, now: number): Promise<string | null> {
  if (run.driver !== 'local' || hasEnded(run)) return null;
  if (run.runner !== null) {
    const died = await hasDied(run.runner);
    return died ? `Its process (${run.runner.pid}) ended before the run did: it was killed, or could not go on.` : null;
  }
  return run.status === 'pending' && run.createdAt < now - UNCLAIMED_MS ? 'No process ever began to execute it.' : null;
}
