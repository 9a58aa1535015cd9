import { CodeError } from './code-error.ts';

/** The author's code asked for the end of the process that loads it. */
export class ExitCalled extends Error {
  override readonly name = 'ExitCalled';
}

/**
 * Runs the author's code, in which `process.exit` throws: it would end whoever loads the file without a word, and as if
 * all were well. A file that catches what is thrown is refused all the same.
 */
export function withoutExit<T>(run: () => T): T {
  const { exit } = process;
  let called: ExitCalled | null = null;
  process.exit = () => {
    called ??= new ExitCalled('process.exit was called');
    throw called;
  };
  try {
    const value = run();
    if (called !== null) throw called;
    return value;
  } finally {
    process.exit = exit;
  }
}

/** @param where file and line; @param file as people call it. */
export function exitRefusal(where: string, file: string, cause: ExitCalled): CodeError {
  const message = `${where}: ${file} called process.exit while it was loaded. A pipeline file describes tasks and ends nothing: remove the call.`;
  return new CodeError('loadFailed', message, { cause });
}
