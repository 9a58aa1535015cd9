/** What scripts can tell apart. */
export const EXIT = { done: 0, runFailed: 1, badInput: 2, unreachable: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The end of a command that could not do what was asked: what happened, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly next: string | null;

  constructor(exitCode: ExitCode, message: string, more: { next?: string; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.exitCode = exitCode;
    this.next = more.next ?? null;
  }
}
