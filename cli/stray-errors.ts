import { EXIT } from './cli-error.ts';
import { reportError } from './report-error.ts';

/** How stack traces name code of a pipeline file that runs in this process (code/load-modules.ts). */
const BUNDLE = '#bundle';

/** The pipeline file that this process has loaded, and whether it is being compiled. */
let loaded: { readonly file: string; isLoading: boolean } | null = null;
let isEnding = false;

/** Has what the file does while it is loaded, and whatever it leaves running, told as the file's. */
export async function blaming<T>(file: string, load: () => Promise<T>): Promise<T> {
  const mine = { file, isLoading: true };
  loaded = mine;
  try {
    return await load();
  } finally {
    mine.isLoading = false;
  }
}

/**
 * What nothing catches (of a timer or a promise, a pipeline file's for the most part) ends this process with a sentence.
 * A command that has a run or a system in its care hears of it as of Ctrl-C, so that none is left behind.
 */
export function handleStrayErrors(debug: boolean): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => endWith(error, debug));
  }
  process.on('exit', refuseExit);
}

function endWith(error: unknown, debug: boolean): void {
  const report = reportError(error, debug);
  if (isEnding) return;
  isEnding = true;
  const [first = '', ...rest] = report.lines;
  const lines = loaded === null ? [first] : ofFile(loaded.file, error);
  process.stderr.write(`${[...lines, ...rest].join('\n')}\n`);
  process.on('exit', () => {
    process.exitCode = EXIT.badInput;
  });
  if (process.listenerCount('SIGTERM') === 0) process.exit(EXIT.badInput);
  process.emit('SIGTERM');
}

function ofFile(file: string, error: unknown): readonly string[] {
  const said = error instanceof Error && error.name === 'Error' ? error.message : String(error);
  return [
    `error: ${file}: ${said}`,
    '  What the file starts when it is loaded (a timer, a promise) failed: do such work in a step.',
  ];
}

/** A file that ends the process, by a timer for instance, would end the command as if all were well. */
function refuseExit(): void {
  if (loaded === null || isEnding) return;
  if (!loaded.isLoading && !new Error('exit').stack?.includes(BUNDLE)) return;
  const when = loaded.isLoading ? 'while it was loaded' : 'after it was loaded';
  process.stderr.write(`error: ${loaded.file} called process.exit ${when}.\n  Remove the call: it ends the command.\n`);
  process.exitCode = EXIT.badInput;
}
