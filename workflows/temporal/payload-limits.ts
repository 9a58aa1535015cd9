import { jsonSize } from './json-size.ts';

/**
 * Bytes of JSON that a task's input may have. A worker's one thread reads and writes it several times before the handler
 * starts; for much more its heartbeats stop for longer than they may, and with them those of its other tasks.
 */
export const LARGEST_INPUT = 32 * (1 << 20);
/** Bytes of JSON that a run may give; they are written once. */
export const LARGEST_OUTPUT = 128 * (1 << 20);
/** Bytes of JSON of a transition: what a scope joins beyond that is in its tasks' own rows, and nobody reads it at once. */
export const LARGEST_SHOWN = 8 * (1 << 20);
/** Bytes of JSON of all outputs of a run together: it holds them in memory while it goes on. */
export const LARGEST_RUN = 512 * (1 << 20);

/** For people: `131.4 MiB`. */
export function mebibytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** The same of a value. Of what has parts many times over, measuring all of it might never end. */
export function sizeForPeople(value: unknown): string {
  const size = jsonSize(value, LARGEST_OUTPUT);
  return size > LARGEST_OUTPUT ? `more than ${mebibytes(LARGEST_OUTPUT)}` : mebibytes(size);
}

/** How much of a run one workflow's history and memory take. */
export interface HistoryLimits {
  /** Tasks of fan-outs and loops; what goes beyond runs in parts of its own. */
  readonly tasks: number;
  /** Bytes of JSON of all outputs. */
  readonly outputs: number;
}
