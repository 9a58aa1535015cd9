import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporalArguments } from '../../cli/system/temporal-arguments.ts';
import { untilTemporalAnswers } from '../../cli/system/temporal-ready.ts';
import { findTemporal } from '../../cli/temporal/find-temporal.ts';
import { freePort } from '../../platform/free-port.ts';

export interface Started {
  readonly stop: () => Promise<void>;
}

/** The embedded Temporal, as `millrace up` starts it. */
export async function startTemporal(folder: string): Promise<Started & { readonly address: string }> {
  const source = await findTemporal({ env: process.env, say: (line) => console.error(line) });
  if (source.kind === 'address') return { address: source.address, stop: async () => undefined };
  const port = await freePort();
  const server = spawn(source.path, [...temporalArguments(join(folder, 'temporal.db'), port)], { stdio: 'ignore' });
  await untilTemporalAnswers(`127.0.0.1:${port}`, 'default', AbortSignal.timeout(30_000));
  return { address: `127.0.0.1:${port}`, stop: () => end(server) };
}

/** A Node process that says `ready` on its channel. */
export async function startNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Started & { readonly pid: number }> {
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: { kind?: string }) => message.kind === 'ready' && resolve());
    child.once('exit', (code) => reject(new Error(`node ${args.join(' ')} ended with ${code}.`)));
  });
  await ready;
  return { pid: child.pid ?? 0, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
