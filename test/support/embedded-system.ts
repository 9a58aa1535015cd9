import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { findRunningSystem } from '../../cli/system/running-system.ts';
import { type Part, readSystemRecord, type SystemRecord } from '../../cli/system/system-file.ts';
import { identify, isAlive, type ProcessIdentity } from '../../platform/process-identity.ts';
import { sendSignal } from '../../platform/signals.ts';
import { type ApiClient, createClient, type RunDetail } from '../../server/client.ts';
import { millrace, startMillrace } from './command-line.ts';
import { until } from './until.ts';

/** `millrace up` in processes of its own, which a test may kill one by one. */
export interface EmbeddedSystem {
  readonly home: string;
  client(): ApiClient;
  record(): Promise<SystemRecord>;
  /** Submits by the command line and gives the run's id. */
  submit(file: string, params: Readonly<Record<string, string>>): Promise<string>;
  /** SIGKILL to a part; resolves when it is gone. The supervisor starts another. */
  kill(part: Part): Promise<void>;
  /** SIGKILL to the supervisor and every part. */
  killAll(): Promise<void>;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

/** @throws Error with what the command said when the system does not come up. */
export async function startEmbedded(home: string, env: NodeJS.ProcessEnv = {}): Promise<EmbeddedSystem> {
  const ports = ['--port', '0', '--serving-port', '0', '--temporal-port', '0'];
  const child = startMillrace(['up', '--home', home, ...ports], env);
  const ended = once(child, 'exit');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
    });
  }
  const first = await until('the system is up', () => {
    if (child.exitCode !== null) throw new Error(`millrace up ended: ${said}`);
    return findRunningSystem(home);
  });
  const record = async () => (await readSystemRecord(home)) ?? first;
  return {
    home,
    client: () => createClient(first.urls.api, 'default'),
    record,
    submit: (file, params) => submit(home, file, params),
    kill: async (part) => end((await record()).parts[part]),
    killAll: async () => {
      const { supervisor, parts } = await record();
      await Promise.all([supervisor, ...Object.values(parts)].map(end));
      await ended;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function end(identity: ProcessIdentity | undefined): Promise<void> {
  if (identity === undefined) throw new Error('The system has no such part.');
  // One that has just ended by itself is as gone.
  sendSignal(identity.pid, 'SIGKILL');
  await untilGone(identity);
}

/** The processes that a part has started: the handlers, where it is the worker. */
export async function childrenOf(parent: ProcessIdentity | undefined): Promise<readonly ProcessIdentity[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/).map(Number));
  return Promise.all(rows.filter(([, ppid]) => ppid === parent?.pid).map(([pid]) => identify(pid ?? 0)));
}

export function untilGone(identity: ProcessIdentity): Promise<boolean> {
  return until(`process ${identity.pid} is gone`, async () => !(await isAlive(identity)));
}

async function submit(home: string, file: string, params: Readonly<Record<string, string>>): Promise<string> {
  const words = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const { code, out, err } = await millrace('run', file, ...words, '--detach', '--home', home, '-o', 'json');
  if (code !== 0) throw new Error(`millrace run ended with ${code}: ${err}`);
  return (JSON.parse(out) as RunDetail).run.id;
}

/** The run once it has ended. */
export async function ended(client: ApiClient, runId: string): Promise<RunDetail> {
  await until(`run ${runId} ends`, async () => (await client.run(runId)).run.endedAt !== null);
  return client.run(runId);
}
