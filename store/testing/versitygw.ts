import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../platform/free-port.ts';

/** Apache-2.0; the S3 protocol over a folder. Go 1.25 or newer builds it. */
export const VERSITYGW = { version: 'v1.8.0', pathInImage: '/usr/local/bin/versitygw' } as const;
const MODULE = `github.com/versity/versitygw/cmd/versitygw@${VERSITYGW.version}`;
const BUILT_WITHIN_MS = 900_000;

/** Where tests find a real S3 server, or why there is none here. */
export type Versitygw = { readonly binary: string } | { readonly binary: null; readonly reason: string };

/** `versitygw` on PATH; the copy in the cache; with MILLRACE_TEST_DOWNLOADS=1 one that `go` builds into the cache. */
export async function findVersitygw(): Promise<Versitygw> {
  const cache = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'millrace',
    'versitygw',
    VERSITYGW.version,
  );
  const folders = [...(process.env.PATH ?? '').split(delimiter), cache];
  for (const folder of folders) {
    const binary = join(folder, 'versitygw');
    if (await isExecutable(binary)) return { binary };
  }
  if (process.env.MILLRACE_TEST_DOWNLOADS !== '1') {
    return { binary: null, reason: 'no versitygw on PATH or cached; MILLRACE_TEST_DOWNLOADS=1 has go build it' };
  }
  return build(cache);
}

async function build(cache: string): Promise<Versitygw> {
  await mkdir(cache, { recursive: true });
  const GOBIN = await mkdtemp(join(cache, 'build-'));
  try {
    await promisify(execFile)('go', ['install', MODULE], {
      env: { ...process.env, GOBIN, CGO_ENABLED: '0' },
      timeout: BUILT_WITHIN_MS,
    });
    await rename(join(GOBIN, 'versitygw'), join(cache, 'versitygw'));
    return { binary: join(cache, 'versitygw') };
  } catch (error) {
    return { binary: null, reason: `go could not build ${MODULE}: ${(error as Error).message.slice(0, 300)}` };
  } finally {
    await rm(GOBIN, { recursive: true, force: true });
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What the SDK's default chain finds, in the environment of a test and of what it starts. */
export const S3_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'millrace-test',
  AWS_SECRET_ACCESS_KEY: 'millrace-test-secret',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  // Node 20 is supported here; the pinned release of the SDK supports it too.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
} as const;

export interface S3Server {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Where a bucket's objects lie as files, by key: for tests that damage and lose them. */
  pathOf(bucket: string, key?: string): string;
  /** Makes a bucket. */
  makeBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** @param keys What its clients have to have. */
export async function startVersitygw(
  binary: string,
  keys: Pick<NodeJS.ProcessEnv, 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY'> = S3_CREDENTIALS,
): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-s3-'));
  const [data, metadata] = [join(folder, 'data'), join(folder, 'metadata')];
  await Promise.all([mkdir(data), mkdir(metadata)]);
  const port = await freePort();
  // Beside the objects, for not every file system of a test has extended attributes.
  const backend = ['posix', '--sidecar', metadata, data];
  const server = spawn(binary, ['--port', `127.0.0.1:${port}`, '--quiet', ...backend], {
    env: {
      PATH: process.env.PATH,
      ROOT_ACCESS_KEY: keys.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: keys.AWS_SECRET_ACCESS_KEY,
    },
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await untilItAnswers(endpoint, server);
  return {
    endpoint,
    pathOf: (bucket, key = '') => join(data, bucket, key),
    makeBucket: async (name) => void (await mkdir(join(data, name))),
    async stop() {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilItAnswers(endpoint: string, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`versitygw ended with status ${server.exitCode}.`);
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await delay(20);
  }
}
