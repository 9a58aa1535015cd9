import type { AttemptLog } from './attempt-log.ts';

type Stream = 'stdout' | 'stderr';

/**
 * Hands what a child prints to the log until the mark that ends the job has come on both streams. What is printed
 * after the mark is of no task and is dropped.
 */
export function untilMarked(log: AttemptLog, mark: string) {
  const held: Record<Stream, string> = { stdout: '', stderr: '' };
  const ended: Record<Stream, boolean> = { stdout: false, stderr: false };
  let resolve: () => void = () => undefined;
  const bothEnded = new Promise<void>((settle) => {
    resolve = settle;
  });

  function output(stream: Stream, piece: string): void {
    if (ended[stream]) return;
    const text = held[stream] + piece;
    const at = text.indexOf(mark);
    ended[stream] = at >= 0;
    // A piece may end within the mark: what could be its beginning waits for the next one.
    const cut = at >= 0 ? at : text.length - beginningOf(mark, text);
    held[stream] = text.slice(cut);
    if (cut > 0) log.output(stream, text.slice(0, cut));
    if (ended.stdout && ended.stderr) resolve();
  }
  return { output, ended: bothEnded };
}

/** How many characters at the end of a text are the beginning of the mark. */
function beginningOf(mark: string, text: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
