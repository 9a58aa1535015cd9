import type { LogLine } from '../../store/metadata/task-table.ts';
import { lineReader, shortened } from './line-reader.ts';
import type { Masker } from './masker.ts';

/** The log of one attempt on its way to the store: masked, cut into lines, gathered into chunks. */
export interface AttemptLog {
  readonly line: (level: LogLine['level'], text: string) => void;
  /** Takes what a process printed, in whatever pieces it comes. */
  readonly output: (stream: 'stdout' | 'stderr', text: string) => void;
  /** The last lines of stderr, to tell why a process ended. */
  readonly stderrTail: () => string;
  /** Writes what is left; resolves when it is in the store. */
  readonly close: () => Promise<void>;
}

const FLUSH_MS = 500;
const CHUNK_LINES = 1_000;
const CHUNK_CHARS = 1 << 20;
/** A handler that prints without end fills no disk: beyond this, the log is cut and says so. */
const MAX_CHARS = 64 << 20;
const TAIL_LINES = 20;

export function createAttemptLog(
  masker: Masker,
  append: (chunk: number, lines: readonly LogLine[]) => Promise<void>,
): AttemptLog {
  const printed = { stdout: lineReader(masker.stream()), stderr: lineReader(masker.stream()) };
  const tail: string[] = [];
  let pending: LogLine[] = [];
  let pendingChars = 0;
  let chars = 0;
  let chunk = 0;
  let writing = Promise.resolve();

  function add(level: LogLine['level'], stream: LogLine['stream'], full: string): void {
    if (chars > MAX_CHARS) return;
    const text = stream === 'log' ? shortened(full) : full;
    chars += text.length + 1;
    pendingChars += text.length + 1;
    if (stream === 'stderr') tail.push(text);
    if (tail.length > TAIL_LINES) tail.shift();
    pending.push({ at: Date.now(), level, stream, text });
    if (chars > MAX_CHARS) {
      const cut = `The log is cut off here: it is longer than ${MAX_CHARS >> 20} MiB. Write data as an artifact instead.`;
      pending.push({ at: Date.now(), level: 'warn', stream: 'log', text: cut });
    }
    if (pending.length >= CHUNK_LINES || pendingChars >= CHUNK_CHARS) flush();
  }

  function flush(): void {
    if (pending.length === 0) return;
    const lines = pending;
    const number = chunk;
    pending = [];
    pendingChars = 0;
    chunk += 1;
    writing = writing.then(() => append(number, lines)).catch(warnOfLoss);
  }

  const timer = setInterval(flush, FLUSH_MS);
  const levels = { stdout: 'info', stderr: 'warn' } as const;
  return {
    line: (level, text) => add(level, 'log', masker.mask(text)),
    output: (stream, text) => {
      for (const line of printed[stream].push(text)) add(levels[stream], stream, line);
    },
    stderrTail: () => tail.join('\n'),
    async close() {
      clearInterval(timer);
      for (const stream of ['stdout', 'stderr'] as const) {
        for (const line of printed[stream].end()) add(levels[stream], stream, line);
      }
      flush();
      await writing;
    },
  };
}

/** A task is not failed for its log; that it has a gap must be seen somewhere all the same. */
function warnOfLoss(error: unknown): void {
  process.emitWarning(`A piece of a task's log was not stored: ${error instanceof Error ? error.message : error}`);
}
