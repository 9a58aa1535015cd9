import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import type { TaskContext } from '../../dsl/task-context.ts';
import type { ErrorReport } from './handler-protocol.ts';

/** A line of the file that MILLRACE_EVENTS names. */
const eventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), share: z.number(), message: z.string().optional() }),
  z.object({ kind: z.literal('metrics'), values: z.record(z.string(), z.number()), step: z.int().optional() }),
  z.object({ kind: z.literal('log'), level: z.enum(['debug', 'info', 'warn', 'error']), message: z.string() }),
  z.object({ kind: z.literal('checkpoint'), value: z.json() }),
  z.object({ kind: z.literal('failure'), name: z.string(), message: z.string(), retryable: z.boolean().optional() }),
]);
type Event = z.output<typeof eventSchema>;

export interface EventFollower {
  /** Reads what is left. @returns the failure that the command told of, if any. */
  readonly close: () => Promise<ErrorReport | null>;
}

const LOOK_MS = 200;

/** Reads the lines of a growing file as they are written, and hands them on in their order. */
export function followEvents(file: string, task: TaskContext): EventFollower {
  let failure: ErrorReport | null = null;
  let lastError: unknown;
  let closed: Promise<ErrorReport | null> | null = null;
  const opened = open(file, 'r');
  const reader = lineReader(opened);
  let reading = Promise.resolve();

  async function read(): Promise<void> {
    for (const line of await reader()) {
      const event = eventOf(line, task);
      if (event?.kind === 'failure')
        failure = { ...event, stack: null, failureKind: 'handler', retryable: event.retryable ?? true };
      else if (event) await apply(event, task);
    }
  }
  function readAfter(): Promise<void> {
    reading = reading.then(read).catch((error: unknown) => {
      lastError ??= error;
    });
    return reading;
  }

  const timer = setInterval(() => void readAfter(), LOOK_MS);
  const end = async () => {
    clearInterval(timer);
    await readAfter();
    await (await opened).close();
    // A checkpoint that the store refused: a later attempt has taken this one's place.
    if (lastError !== undefined) throw lastError;
    return failure;
  };
  return {
    close: () => {
      closed ??= end();
      return closed;
    },
  };
}

function eventOf(line: string, task: TaskContext): Event | null {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch {
    task.log.warn(`A line of MILLRACE_EVENTS is no event of the protocol: ${line}`);
    return null;
  }
}

async function apply(event: Exclude<Event, { kind: 'failure' }>, task: TaskContext): Promise<void> {
  if (event.kind === 'progress') task.progress(event.share, event.message);
  if (event.kind === 'metrics') task.metrics(event.values, event.step);
  if (event.kind === 'log') task.log[event.level](event.message);
  if (event.kind === 'checkpoint') await task.checkpoint(event.value);
}

/** Gives the whole lines that have come since it was last asked; a line that is still being written waits. */
function lineReader(opened: Promise<FileHandle>): () => Promise<readonly string[]> {
  let offset = 0;
  let rest = Buffer.alloc(0);
  return async () => {
    const file = await opened;
    const { size } = await file.stat();
    if (size <= offset) return [];
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    offset += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    const end = rest.lastIndexOf(0x0a);
    if (end < 0) return [];
    const lines = rest.subarray(0, end).toString('utf8').split('\n');
    rest = rest.subarray(end + 1);
    return lines.filter((line) => line.trim() !== '');
  };
}
