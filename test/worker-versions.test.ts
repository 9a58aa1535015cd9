import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { backfillWorkflowId } from '../ir/protocol/backfill-order.ts';
import { partWorkflowId, runWorkflowId } from '../ir/protocol/workflow-names.ts';
import { freePort } from '../platform/free-port.ts';
import { type ApiClient, type BackfillState, createClient, type Run } from '../server/client.ts';
import { commandEnv, millraceIn } from './support/command-line.ts';
import { type PartProcess, startProcess, untilHealthy } from './support/part-processes.ts';
import { ownNamespace } from './support/temporal-driver.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

const FILE = resolve('test/support/versioned-pipeline.suite.ts');

/*
 * Two installations side by side, which differ in the workflows' bundle. A backfill of two runs, one after the other, begins
 * on the first; the second is made current while the first run waits.
 */
describe('workers of two versions', () => {
  let folder = '';
  let namespace = '';
  let connection: Connection;
  let api: ApiClient;
  let env: NodeJS.ProcessEnv = {};
  const processes: PartProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-versions-'));
    connection = await Connection.connect({ address: inject('temporalAddress') });
    namespace = await ownNamespace(connection);
    env = {
      ...commandEnv(),
      MILLRACE_HOME: join(folder, 'home'),
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      TEMPORAL_NAMESPACE: namespace,
      MILLRACE_DEPLOYMENT: 'tests',
    };
    const port = await freePort();
    await start('the API', [resolve('dist/server/main.js')], { MILLRACE_API_PORT: String(port) }, port);
    api = createClient(`http://127.0.0.1:${port}`, 'default');
  });
  afterAll(async () => {
    await Promise.all(processes.map((each) => each.stop()));
    await connection?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(name: string, args: readonly string[], more: NodeJS.ProcessEnv, port: number): Promise<void> {
    const started = startProcess([process.execPath, ...args], { ...env, ...more }, folder);
    processes.push(started);
    await untilHealthy(name, `http://127.0.0.1:${port}/health/ready`, started);
  }

  async function startWorker(dist: string, queues: string): Promise<void> {
    const port = await freePort();
    const more = { MILLRACE_QUEUES: queues, MILLRACE_WORKER_HEALTH_PORT: String(port) };
    await start(`the worker of ${queues}`, [join(dist, 'workers/main.js')], more, port);
  }

  /** @returns the build that is current then. */
  async function makeCurrent(dist: string): Promise<string> {
    const making = startProcess([process.execPath, join(dist, 'workers/make-current.js')], env, folder);
    expect([await making.ended(), making.output()]).toEqual([0, expect.stringContaining('New runs begin on tests')]);
    return /build (\w+)\.\n/.exec(making.output())?.[1] ?? '';
  }

  async function versionOf(workflowId: string) {
    const execution = { workflowId };
    const { workflowExecutionInfo: info } = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution,
    });
    return info?.versioningInfo?.deploymentVersion?.buildId;
  }

  const runOf = async (backfill: string, partition: string): Promise<Run> => {
    const { items } = await api.runs({ backfill, partition });
    const [run] = items;
    if (run === undefined) throw new Error(`There is no run of ${partition} yet.`);
    return run;
  };
  const begun = (key: string) =>
    until(`the run of ${key} waits`, async () =>
      (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).includes(`${key}\n`),
    );

  it('end what began on the first there, parts included, begin the next run on the second, and move the backfill', async () => {
    const first = resolve('dist');
    await startWorker(first, 'millrace');
    await startWorker(first, 'cpu');
    const firstBuild = await makeCurrent(first);
    const words = ['backfills', 'create', FILE, '--partition', 'a', '--partition', 'b', '--concurrency', '1'];
    const url = { ...env, MILLRACE_API_URL: api.url };
    const { code, out, err } = await millraceIn(url, ...words, '-p', `folder=${folder}`, '-o', 'json');
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    const { backfill } = JSON.parse(out) as BackfillState;
    await begun('a');

    const second = await otherInstallation(folder);
    await startWorker(second, 'millrace');
    const secondBuild = await makeCurrent(second);
    expect(secondBuild).not.toBe(firstBuild);
    await writeFile(join(folder, 'go'), '');
    await until('the backfill ends', async () => (await api.backfill(backfill.id)).backfill.endedAt !== null, 240_000);

    const [a, b] = await Promise.all([runOf(backfill.id, 'a'), runOf(backfill.id, 'b')]);
    expect([a.status, b.status]).toEqual(['succeeded', 'succeeded']);
    const builds = async ({ id }: Run) => [
      await versionOf(runWorkflowId('default', id)),
      await versionOf(partWorkflowId('default', id, 'doubles[0]')),
    ];
    expect(await builds(a)).toEqual([firstBuild, firstBuild]);
    expect(await builds(b)).toEqual([secondBuild, secondBuild]);
    expect(await versionOf(backfillWorkflowId('default', backfill.id, backfill.round))).toBe(secondBuild);
  });

  it('cannot be made current without the name of their deployment', async () => {
    const making = startProcess(
      [process.execPath, resolve('dist/workers/make-current.js')],
      { ...env, MILLRACE_DEPLOYMENT: '' },
      folder,
    );
    expect(await making.ended()).toBe(1);
    expect(making.output()).toBe('MILLRACE_DEPLOYMENT is not set: name the deployment that the workers have.\n');
  });
});

/** As a later release would lie beside this one. */
async function otherInstallation(under: string): Promise<string> {
  const root = join(under, 'other');
  await mkdir(root);
  await cp('dist', join(root, 'dist'), { recursive: true });
  await cp('package.json', join(root, 'package.json'));
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  const bundle = join(root, 'dist/workflow-bundle.js');
  await writeFile(bundle, `// another build\n${await readFile(bundle, 'utf8')}`);
  return join(root, 'dist');
}
