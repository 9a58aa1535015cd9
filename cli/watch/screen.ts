import picocolors from 'picocolors';
import type { RunDetail } from '../../server/client.ts';
import { changedLines } from './plain-lines.ts';
import { progressLines } from './progress-lines.ts';
import type { RetryPolicies } from './retries.ts';
import { type Colors, runPicture } from './run-picture.ts';

/** Where a run is shown while it goes on. */
export interface Screen {
  /** @returns whether something changed since the last time. */
  show(detail: RunDetail): boolean;
  /** A line that stays. */
  say(line: string): void;
  close(): void;
}

export function screenFor(stream: NodeJS.WriteStream, policies: RetryPolicies): Screen {
  return stream.isTTY ? liveScreen(stream, policies) : plainScreen(stream, policies);
}

/** NO_COLOR and FORCE_COLOR are respected, and a stream that is no terminal gets none. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  return picocolors.createColors(
    picocolors.isColorSupported && (stream.isTTY || process.env.FORCE_COLOR !== undefined),
  );
}

/** Draws the picture over the one before. */
function liveScreen(stream: NodeJS.WriteStream, policies: RetryPolicies): Screen {
  const colors = colorsFor(stream);
  let drawn = 0;
  let before: RunDetail | null = null;
  stream.write('\u001b[?25l');
  return {
    show: (detail) => {
      const size = { width: stream.columns ?? 80, height: stream.rows ?? 24 };
      const ended = detail.run.endedAt !== null;
      const height = ended ? Number.POSITIVE_INFINITY : size.height;
      const lines = runPicture(detail, { now: Date.now(), colors, width: size.width, height, policies });
      const up = drawn === 0 ? '' : `\u001b[${drawn}A`;
      stream.write(`${up}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
      drawn = lines.length;
      const changed = before === null || changedLines(before, detail).length > 0;
      before = detail;
      return changed;
    },
    say: (line) => {
      stream.write(`${drawn === 0 ? '' : `\u001b[${drawn}A`}\u001b[J${line}\n`);
      drawn = 0;
    },
    close: () => void stream.write('\u001b[?25h'),
  };
}

function plainScreen(stream: NodeJS.WriteStream, policies: RetryPolicies): Screen {
  let before: RunDetail | null = null;
  const progress = progressLines();
  return {
    show: (detail) => {
      const changed = changedLines(before, detail, policies);
      for (const line of [...changed, ...progress(detail, Date.now())]) stream.write(`${line}\n`);
      before = detail;
      return changed.length > 0;
    },
    say: (line) => void stream.write(`${line}\n`),
    close: () => {},
  };
}
