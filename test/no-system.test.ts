import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleRun } from '../cli/testing/sample-run.suite.ts';
import { openStores } from '../store/open-stores.ts';
import { millrace, startMillrace } from './support/command-line.ts';
import { until } from './support/until.ts';

const GOES_ON = 'goes on when `millrace up` is started.';

let home = '';
/** A home with a run under way that a system kept which is gone. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-no-system-'));
  const { run } = sampleRun([]);
  const stores = await openStores({ home, project: 'default' });
  await stores.metadata.runs.create(run);
  await stores.metadata.runs.start(run.id, Date.now());
  await stores.metadata.runs.create({ ...run, id: 'ended', workflowId: 'ended' });
  await stores.metadata.runs.end('ended', { status: 'succeeded', output: null, error: null, at: Date.now() });
  await stores.close();
});
afterAll(() => rm(home, { recursive: true, force: true }));

it('says of a run under way that nothing carries it on', async () => {
  const one = await millrace('runs', 'get', 'r1', '--home', home);
  expect([one.code, one.err]).toEqual([0, `No system is up: this run ${GOES_ON}\n`]);
  const all = await millrace('runs', 'list', '--home', home);
  expect(all.err).toContain('No system is up: runs that have not ended go on when `millrace up` is started.');
});

it('says nothing of runs that have ended, or beside a document', async () => {
  expect((await millrace('runs', 'get', 'ended', '--home', home)).err).toBe('');
  expect((await millrace('runs', 'list', '--home', home, '-o', 'json')).err).toBe('');
});

it.each([
  ['get', '--watch'],
  ['logs', '--follow'],
])('does not wait for it: runs %s %s', async (command, option) => {
  const { code, err } = await millrace('runs', command, 'r1', option, '--home', home);
  expect([code, err]).toEqual([3, expect.stringContaining(`No system is up: run r1 ${GOES_ON}`)]);
});

it('stops watching when the system goes away and stays away', async () => {
  let looks = 0;
  const api = createServer((_, response) => {
    looks++;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(sampleRun([])));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const child = startMillrace(['runs', 'get', 'r1', '--watch', '--home', home], { MILLRACE_API_URL: url });
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = once(child, 'close');
  await until('it watches', () => looks >= 3);
  api.close();
  api.closeAllConnections();
  expect([(await ended)[0], err]).toEqual([3, expect.stringContaining(`No system is up: run r1 ${GOES_ON}`)]);
});

it('that is starting is stopped by Ctrl-C, which its exit code says', async () => {
  const file = resolve('test/support/deaf-pipeline.suite.ts');
  const child = startMillrace(['run', file, `folder=${home}`, '--home', join(home, 'starting')]);
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const ended = once(child, 'close');
  await until('it starts one', () => err.includes('No system is up: starting one for this run.'));
  child.kill('SIGINT');
  expect([(await ended)[0], err]).toEqual([
    130,
    expect.stringContaining('error: Stopped while the system was starting.'),
  ]);
});
