import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { temporalArguments } from '../../cli/system/temporal-arguments.ts';
import { untilTemporalAnswers } from '../../cli/system/temporal-ready.ts';
import { findTemporal } from '../../cli/temporal/find-temporal.ts';
import { freePort } from '../../platform/free-port.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
    /** The binary, for tests that start a server of their own; '' where an address was configured. */
    temporalBinary: string;
    /** Whether lines are counted. Workflows then run on the main thread, for V8 counts only what runs there. */
    coverage: boolean;
  }
}

/** One Temporal server, found as users' are, for all tests of a run. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  project.provide('coverage', project.vitest.config.coverage.enabled);
  const source = await findTemporal({ env: process.env, say: () => undefined });
  if (source.kind === 'address') {
    project.provide('temporalAddress', source.address);
    project.provide('temporalBinary', '');
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'millrace-temporal-'));
  const port = await freePort();
  const server = spawn(source.path, [...temporalArguments(join(folder, 'temporal.db'), port)], { stdio: 'ignore' });
  await untilTemporalAnswers(`127.0.0.1:${port}`, 'default', AbortSignal.timeout(30_000));
  project.provide('temporalAddress', `127.0.0.1:${port}`);
  project.provide('temporalBinary', source.path);
  return async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
}
