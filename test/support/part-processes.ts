import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.ts';

/** A process that a test has started. */
export interface PartProcess {
  readonly pid: number;
  /** What it has written so far, on both streams. */
  output(): string;
  /** Its exit code, once it has ended by itself. */
  ended(): Promise<number | null>;
  /** Asks it to end, as a container's engine does, and waits for it. @returns its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts a program with just the environment that is given. */
export function startProcess(command: readonly string[], env: NodeJS.ProcessEnv, cwd = process.cwd()): PartProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended: async () => {
      await ended;
      return child.exitCode;
    },
    stop: async () => {
      await end('SIGTERM');
      return child.exitCode;
    },
    kill: () => end('SIGKILL'),
  };
}

/** @throws Error with what the process said, where the URL does not answer with 200 in time. */
export async function untilHealthy(name: string, url: string, { output }: PartProcess): Promise<void> {
  await until(`${name} is healthy`, () =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ),
  ).catch((error: unknown) => {
    throw new Error(`${String(error)} It said: ${output().slice(-2_000)}`);
  });
}
