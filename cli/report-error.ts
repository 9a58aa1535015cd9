import { CliError, EXIT, type ExitCode } from './cli-error.ts';

/** What a person reads of an error: one sentence, a second with what to do, and a stack only when asked for. */
export interface ErrorReport {
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
}

/**
 * Errors of the API are known by their names, so that this file, which every command loads, does not load its client.
 *
 * @param debug Adds the stack (MILLRACE_DEBUG=1).
 */
export function reportError(error: unknown, debug: boolean): ErrorReport {
  const message = error instanceof Error ? error.message : String(error);
  const next = nextOf(error);
  const stack = debug && error instanceof Error && error.stack !== undefined ? [error.stack] : [];
  return {
    lines: [`error: ${message}`, ...(next === null ? [] : [`  ${next}`]), ...stack],
    exitCode: exitCodeOf(error),
  };
}

/** What an error says is to be done; null where it does not say. */
export function nextOf(error: unknown): string | null {
  return error instanceof Error && 'next' in error && typeof error.next === 'string' ? error.next : null;
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof Error)) return EXIT.badInput;
  if (error.name === 'ApiUnreachable') return EXIT.unreachable;
  if (error.name === 'ApiError' && 'status' in error && typeof error.status === 'number') {
    return error.status >= 500 ? EXIT.unreachable : EXIT.badInput;
  }
  return EXIT.badInput;
}
