import type { ApiClient, RunDetail } from '../../server/client.ts';
import { EXIT, type ExitCode } from '../cli-error.ts';
import type { OutputFormat } from '../output/format-option.ts';
import { patientClient } from '../watch/no-system.ts';
import { temporalNews } from '../watch/temporal-news.ts';
import { watchRun } from '../watch/watch-run.ts';
import { policiesOf } from './policies-of.ts';

export interface FollowOptions {
  readonly format: OutputFormat;
  /** What Ctrl-C does to the run: one that a system keeps goes on, one in a system of its own could not. */
  readonly onInterrupt: 'leave' | 'cancel';
}

/** A run that was shown and has not ended: the watching was stopped. */
export function exitCodeOf({ run }: RunDetail): ExitCode {
  if (run.endedAt === null) return EXIT.interrupted;
  return run.status === 'succeeded' ? EXIT.done : EXIT.runFailed;
}

/**
 * Shows a run to its end. A second Ctrl-C ends the watching at once, whatever the run does.
 *
 * @throws CliError `unreachable` when the API goes away and does not come back.
 */
export async function followRun(client: ApiClient, runId: string, options: FollowOptions): Promise<RunDetail> {
  const stopped = new AbortController();
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts++;
    if (options.onInterrupt === 'leave' || interrupts > 1) {
      stopped.abort();
      return;
    }
    process.stderr.write('Cancelling the run; press Ctrl-C again to stop without waiting for it.\n');
    client.cancelRun(runId).catch(() => stopped.abort());
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const news = temporalNews(client);
  try {
    const stream = options.format === 'table' ? process.stdout : process.stderr;
    const policies = await policiesOf(client, runId);
    const patient = patientClient(client, stopped.signal);
    const detail = await watchRun(patient, runId, { stream, signal: stopped.signal, news: news.take, policies });
    if (detail.run.endedAt === null) process.stderr.write(`${leftText(runId, options.onInterrupt)}\n`);
    return detail;
  } finally {
    news.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

function leftText(runId: string, onInterrupt: FollowOptions['onInterrupt']): string {
  return onInterrupt === 'leave'
    ? `The run goes on. Watch it with \`millrace runs get ${runId} --watch\`, end it with \`millrace runs cancel ${runId}\`.`
    : `Run ${runId} was asked to cancel, and its system ends now: it ends at the next \`millrace up\`.`;
}
