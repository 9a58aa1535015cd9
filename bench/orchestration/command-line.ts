import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { findRunningSystem } from '../../cli/system/running-system.ts';
import type { SystemRecord } from '../../cli/system/system-file.ts';
import type { Started } from './processes.ts';

/** Nothing of the caller's that points at a system, a store or a server of Temporal's that is there already. */
const NOTHING = {
  MILLRACE_HOME: '',
  MILLRACE_PROJECT: '',
  MILLRACE_API_URL: '',
  MILLRACE_METADATA: '',
  MILLRACE_ARTIFACTS: '',
  TEMPORAL_ADDRESS: '',
  NO_COLOR: '1',
} as const;

export interface Command {
  /** Resolves with what the pattern matched in what the command prints. @throws Error when it ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** @throws Error with what it said, for a status other than 0. */
  readonly ended: Promise<void>;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
}

/** Starts the built command line, as a user would. */
export function millrace(args: readonly string[]): Command {
  const script = join(import.meta.dirname, '../../dist/cli/main.js');
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...NOTHING },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const closed = once(child, 'close');
  const ended = closed.then(([code]) => {
    if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${err}`);
  });
  ended.catch(() => undefined);
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(out);
      if (match !== null) return match;
      const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), closed.then(() => true)]);
      if (isOver && !pattern.test(out)) throw new Error(`millrace ${args.join(' ')} did not say ${pattern}: ${err}`);
    }
  };
  return { says, ended, child };
}

/** `millrace up` on free ports, once it is up. Its supervisor is this command's process. */
export async function up(home: string): Promise<Started & { readonly system: SystemRecord }> {
  const free = ['--port', '0', '--serving-port', '0', '--temporal-port', '0'];
  const { child, ended } = millrace(['up', '--home', home, ...free]);
  for (;;) {
    const system = await findRunningSystem(home);
    if (system?.supervisor.pid === child.pid && system !== null) return { system, stop };
    if (child.exitCode !== null) await ended;
    await delay(10);
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await ended;
  }
}
