import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOOKS = new URL('./typescript-hooks.js', import.meta.url).href;

/**
 * Starts one of the programs beside this file in a process of its own, with its settings as JSON.
 *
 * @param env Beside this process' own: what nobody should read in a list of processes.
 */
export function startProgram(
  program: string,
  settings: unknown,
  { shellLimit = '', env = {} }: { readonly shellLimit?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const options = {
    stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  };
  const path = fileURLToPath(new URL(program, import.meta.url));
  const command = [process.execPath, '--import', HOOKS, path, JSON.stringify(settings)];
  // The limit is set by a shell, which then becomes the program.
  const child = shellLimit
    ? spawn('bash', ['-c', `${shellLimit}; exec "$@"`, 'bash', ...command], options)
    : spawn(process.execPath, command.slice(1), options);
  return child;
}

/**
 * The JSON lines that a program writes, as they come; ends with the program. Begin to read before the program can
 * have ended, for Node throws away what nobody reads.
 */
export async function* linesOf<Line>(child: ChildProcess): AsyncGenerator<Line> {
  if (!child.stdout) throw new Error('The program has no output to read.');
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Line;
}

export async function allLinesOf<Line>(child: ChildProcess): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const line of linesOf<Line>(child)) lines.push(line);
  return lines;
}

export async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}
