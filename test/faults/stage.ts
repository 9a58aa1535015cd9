import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { builtFile } from '../../cli/testing/built-files.suite.ts';
import { identify, type ProcessIdentity } from '../../platform/process-identity.ts';
import type { ApiClient } from '../../server/client.ts';
import { commandEnv } from '../support/command-line.ts';
import { type EmbeddedSystem, startEmbedded } from '../support/embedded-system.ts';
import { type Drivers, type Storage, startStorage } from './drivers.ts';
import { type PausableProxy, startPausableProxy } from './pausable-proxy.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** A system that is harmed: `millrace up`, and a second worker process that reaches Temporal through a proxy. */
export interface Stage {
  readonly folder: string;
  readonly storage: Storage;
  /** The home's; null where none could be mounted. */
  readonly disk: SmallDisk | null;
  /** The file that says what the clocks of API and workers are off by; null where libfaketime is missing. */
  readonly clock: string | null;
  /** While this file is there, activities are delivered twice. */
  readonly twice: string;
  readonly toTemporal: PausableProxy;
  readonly system: () => EmbeddedSystem;
  readonly client: () => ApiClient;
  readonly second: () => ProcessIdentity;
  /** Both worker processes, where they are up. */
  readonly workers: () => Promise<readonly ProcessIdentity[]>;
  /** Starts the system again after its supervisor was killed. */
  readonly raise: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Debian's package `libfaketime`; null where it is not installed. */
const FAKETIME =
  ['x86_64', 'aarch64']
    .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
    .find((file) => existsSync(file)) ?? null;

export async function buildStage(drivers: Drivers): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-random-faults-'));
  const home = join(folder, 'home');
  const disk = await mountSmallDisk(home);
  const storage = await startStorage(drivers);
  const twice = join(folder, 'twice');
  const clock = FAKETIME === null ? null : join(folder, 'clock');
  if (clock !== null) await writeFile(clock, '+0');
  await mkdir(join(folder, 'user'));
  const env = { ...storage.env, ...doublesIn(twice), ...clockIn(clock), HOME: join(folder, 'user') };
  const state = { system: await startEmbedded(home, env) };
  const toTemporal = await startPausableProxy(await temporalPort(state.system));
  const second = await startSecondWorker(folder, home, env, toTemporal.port);
  return {
    ...{ folder, storage, disk, clock, twice, toTemporal, second: second.identity },
    system: () => state.system,
    client: () => state.system.client(),
    workers: async () => {
      const { parts } = await state.system.record();
      return parts.workers ? [parts.workers, second.identity()] : [second.identity()];
    },
    raise: async () => {
      state.system = await startEmbedded(home, env);
      toTemporal.leadTo(await temporalPort(state.system));
    },
    stop: async () => {
      await second.stop();
      await state.system.stop();
      await toTemporal.stop();
      await storage.stop();
      if (disk !== null) {
        // What it held is gone with it, and is what one looks at where something went wrong.
        await cp(join(home, 'logs'), join(folder, 'logs'), { recursive: true });
        await cp(join(home, 'metadata.sqlite'), join(folder, 'metadata.sqlite')).catch(() => undefined);
        await disk.remove();
      }
    },
  };
}

export const removeStage = ({ folder }: Stage) => rm(folder, { recursive: true, force: true });

async function temporalPort(system: EmbeddedSystem): Promise<number> {
  const { urls } = await system.record();
  return Number(urls.temporal.split(':').at(-1));
}

/** The processes of handlers get neither: they are given the basics of the environment alone. */
function doublesIn(twice: string): NodeJS.ProcessEnv {
  const hook = pathToFileURL(resolve(import.meta.dirname, 'deliver-twice.js')).href;
  return { FAULTS_TWICE: twice, NODE_OPTIONS: `--import=${hook}` };
}

function clockIn(clock: string | null): NodeJS.ProcessEnv {
  if (clock === null || FAKETIME === null) return {};
  const own = { DONT_FAKE_MONOTONIC: '1', FAKETIME_CACHE_DURATION: '1', FAKETIME_TIMESTAMP_FILE: clock };
  return { LD_PRELOAD: FAKETIME, ...own };
}

interface SecondWorker {
  readonly identity: () => ProcessIdentity;
  readonly stop: () => Promise<void>;
}

/** Started again whenever it ends. The supervisor's parts are, too, after a pause that grows; this one never pauses long. */
async function startSecondWorker(
  folder: string,
  home: string,
  env: NodeJS.ProcessEnv,
  port: number,
): Promise<SecondWorker> {
  const log = await open(join(folder, 'second-worker.log'), 'a');
  const place = { MILLRACE_HOME: home, TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_NAMESPACE: 'default' };
  const start = () =>
    spawn(process.execPath, ['--enable-source-maps', builtFile('workers/main.js')], {
      env: { ...commandEnv(), ...env, ...place },
      stdio: ['ignore', log.fd, log.fd],
    });
  const state = { isStopping: false, child: start(), identity: { pid: 0, startedAt: null } as ProcessIdentity };
  const follow = async (child: ChildProcess) => {
    const ended = once(child, 'exit');
    state.identity = await identify(child.pid ?? 0);
    await ended;
  };
  const keepUp = async () => {
    while (!state.isStopping) {
      await follow(state.child);
      await delay(500);
      if (!state.isStopping) state.child = start();
    }
  };
  const kept = keepUp();
  return {
    identity: () => state.identity,
    stop: async () => {
      state.isStopping = true;
      state.child.kill('SIGTERM');
      await kept;
      await log.close();
    },
  };
}
