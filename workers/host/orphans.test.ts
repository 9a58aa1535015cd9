import { fork, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StepContract } from '../../ir/step-contract.ts';
import { dispatchOf, type HostFixture, openHost, stepModule } from './task-host.suite.ts';

let fixture: HostFixture;
beforeAll(async () => {
  fixture = await openHost();
  await writeFile(join(fixture.built.folder, 'host-main.js'), HOST);
});
afterAll(() => fixture.close());

/** A worker process: runs the dispatch that it is sent. */
const HOST = `
import { openStores } from './dist/store/open-stores.js';
import { envSecrets } from './dist/store/secrets/env-secrets.js';
import { createTaskHost } from './dist/workers/host/task-host.js';
process.once('message', async ({ home, dispatch, manifest }) => {
  const stores = await openStores({ home, project: 'default' });
  const host = createTaskHost({
    ...stores, getPackage: async () => manifest, cacheFolder: home + '/code', workerId: 'doomed',
    capacity: { memory: 1e10, cpu: 1, gpu: 0 }, secrets: envSecrets({}), graceMs: 100, advertisedHost: '127.0.0.1',
  });
  await host.run({ dispatch, attempt: 1, signal: new AbortController().signal, onProgress: () => {} });
});`;

it.each([
  ['a handler that blocks its thread', 'for (;;) {}', { kind: 'handler' }],
  [
    'a command that never ends',
    'import time\nwhile True:\n    time.sleep(1)\n',
    { kind: 'process', command: ['python3', 'main.py'], files: [] },
  ],
] satisfies [string, string, StepContract['implementation']][])(
  '%s ends with its killed worker',
  async (what, text, implementation) => {
    const pids = join(fixture.home, what.replaceAll(' ', '-'));
    const manifest =
      implementation.kind === 'handler'
        ? await fixture.packageOf(stepModule(`${writeHandlerPids(pids)}\n${text}`))
        : await fixture.filesOf({ 'main.py': `${writeCommandPids(pids)}\n${text}` });
    const dispatch = dispatchOf({ kind: 'package', digest: manifest.digest }, { contract: { implementation } });
    const worker = fork(join(fixture.built.folder, 'host-main.js'), [], { execArgv: [] });
    worker.send({ home: fixture.home, dispatch, manifest });
    await expect.poll(() => existsSync(pids), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => readFile(pids, 'utf8'), { timeout: 5_000 }).toMatch(/^\d+ \d+$/);
    const children = (await readFile(pids, 'utf8')).split(' ').map(Number);
    expect(children.map(isRunning)).toEqual([true, true]);
    worker.kill('SIGKILL');
    await expect.poll(() => children.map(isRunning), { timeout: 10_000 }).toEqual([false, false]);
  },
);

/** The handler's process, and one that it started. */
function writeHandlerPids(file: string): string {
  return `const { pid } = require('node:child_process').spawn('sleep', ['1000']);
require('node:fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + pid);`;
}

function writeCommandPids(file: string): string {
  return `import os\nopen(${JSON.stringify(file)}, 'w').write('%d %d' % (os.getpid(), os.getppid()))`;
}

function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
