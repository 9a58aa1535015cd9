import { CliError, EXIT } from '../cli-error.ts';

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f'];

/** Asks on the terminal for a line that is not shown. @throws CliError `interrupted` on Ctrl-C. */
export async function hiddenLine(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  try {
    let line = '';
    for await (const typed of stdin) {
      for (const key of typed as string) {
        if (key === '\r' || key === '\n' || key === CTRL_D) return line;
        if (key === CTRL_C) throw new CliError(EXIT.interrupted, 'Nothing was stored.');
        line = key === BACKSPACE || key === DELETE ? line.slice(0, -1) : line + key;
      }
    }
    return line;
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write('\n');
  }
}
