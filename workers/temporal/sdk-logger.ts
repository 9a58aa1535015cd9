import { inspect } from 'node:util';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';

/** What the SDK warns of for each queue without workflows, which are all but one. */
const EXPECTED = 'No workflows registered';

/** The SDK's warnings as lines for people: what goes as planned is left out, and no object is written out. */
export function sdkLogger(write: (line: string) => void = (line) => void process.stderr.write(line)): DefaultLogger {
  return new DefaultLogger('WARN', (entry) => {
    if (!entry.message.startsWith(EXPECTED)) write(`${lineOf(entry)}\n`);
  });
}

function lineOf({ level, message, meta, timestampNanos }: LogEntry): string {
  const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { activityType, error } = (meta ?? {}) as Record<string, unknown>;
  const what = typeof activityType === 'string' ? ` (${activityType})` : '';
  const why = error === undefined ? '' : `: ${reasonOf(error)}`;
  return `${at} ${level} ${message}${what}${why}`;
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : inspect(error)).split('\n')[0] ?? '';
}
