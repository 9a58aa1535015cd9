import type { StreamMasker } from './masker.ts';

const MAX_LINE = 16 << 10;

/** Cuts what a process prints into lines. */
export interface LineReader {
  readonly push: (text: string) => readonly string[];
  readonly end: () => readonly string[];
}

/** Masks before it looks for line breaks: a secret may hold some. Of a line without end it keeps the beginning. */
export function lineReader(masker: StreamMasker): LineReader {
  let rest = '';
  let dropped = 0;
  function take(text: string): readonly string[] {
    const [first = '', ...others] = text.split('\n');
    const lines: string[] = [];
    append(first);
    for (const other of others) {
      lines.push(finishLine());
      append(other);
    }
    return lines;
  }
  function append(piece: string): void {
    const room = MAX_LINE - rest.length;
    rest += piece.slice(0, room);
    dropped += Math.max(0, piece.length - room);
  }
  function finishLine(): string {
    const line = shortened(lastWritten(rest), dropped);
    rest = '';
    dropped = 0;
    return line;
  }
  return {
    push: (text) => take(masker.push(text)),
    end() {
      const lines = take(masker.end());
      return rest === '' ? lines : [...lines, finishLine()];
    },
  };
}

/** A text as it is kept: cut where it is too long, with the number of characters that it lost. */
export function shortened(text: string, dropped = 0, most = MAX_LINE): string {
  const over = Math.max(0, text.length - most) + dropped;
  return over > 0 ? `${text.slice(0, most)}… (${over} more characters)` : text;
}

/** As a terminal would show it: a progress bar goes back to the line's start and writes over what was there. */
function lastWritten(line: string): string {
  const shown = line.replace(/\r+$/, '');
  return shown.slice(shown.lastIndexOf('\r') + 1);
}
