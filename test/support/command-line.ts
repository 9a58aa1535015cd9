import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { inject } from 'vitest';
import { builtFile } from '../../cli/testing/built-files.suite.ts';

/** What a shell of a user's has: nothing that points at another system, and `temporal` on PATH where the tests have it. */
export function commandEnv(): NodeJS.ProcessEnv {
  const binary = inject('temporalBinary');
  const path = process.env.PATH ?? '';
  return {
    ...process.env,
    PATH: binary === '' ? path : `${dirname(binary)}${delimiter}${path}`,
    TEMPORAL_ADDRESS: '',
    MILLRACE_HOME: '',
    MILLRACE_PROJECT: '',
    MILLRACE_API_URL: '',
    MILLRACE_METADATA: '',
    MILLRACE_ARTIFACTS: '',
    NO_COLOR: '1',
  };
}

/** Starts the built command line, as a user would. */
export function startMillrace(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [builtFile('cli/main.js'), ...args], {
    env: { ...commandEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command line to its end. */
export function millrace(...args: string[]): Promise<Ended> {
  return millraceIn({}, ...args);
}

/** The same with variables of the environment set. */
export async function millraceIn(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  const child = startMillrace(args, env);
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}
