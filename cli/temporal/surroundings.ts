import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Surroundings } from './temporal-source.ts';

/** This machine, as it is. */
export function realSurroundings(env: NodeJS.ProcessEnv, say: (line: string) => void): Surroundings {
  return {
    env,
    platform: process.platform,
    arch: process.arch,
    cacheFolder: join(env.XDG_CACHE_HOME || join(env.HOME ?? homedir(), '.cache'), 'millrace', 'temporal'),
    fetch,
    execute: async (command, args, timeoutMs) => {
      const { stdout } = await promisify(execFile)(command, [...args], {
        timeout: timeoutMs,
        env,
        maxBuffer: 16 << 20,
      });
      return stdout;
    },
    say,
  };
}
