import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { temporalArguments } from '../../cli/system/temporal-arguments.ts';
import { untilTemporalAnswers } from '../../cli/system/temporal-ready.ts';
import { freePort } from '../../platform/free-port.ts';
import { type PostgresServer, startPostgres } from '../../store/testing/postgres-server.ts';
import { type S3Server, startVersitygw } from '../../store/testing/versitygw.ts';
import { type ComposeService, imageEntrypoint, imageEnvironment, readCompose } from './compose-file.ts';
import { type PartProcess, startProcess } from './part-processes.ts';
import { until } from './until.ts';

/**
 * docker-compose.yml without an engine. Each of Millrace's services is a plain process with the entry point, the command
 * and the environment that the file gives it, in a home and a working folder of its own; hosts, ports and the folder of
 * secrets are mapped. PostgreSQL and the S3 server are real ones; Temporal's dev server stands for the cluster's image.
 */
export interface Fleet {
  readonly folder: string;
  /** Where a service's secret lies. */
  secret(name: string): string;
  /** The URL that a service is published under. */
  url(service: string): string;
  /** Starts a service; resolves when its own health check says that it is well. */
  start(service: string): Promise<void>;
  /** Starts one that ends by itself. @returns its exit code and what it said. */
  runOnce(service: string): Promise<{ readonly code: number | null; readonly said: string }>;
  /** Ends it in good order and starts another in its place. @returns its exit code. */
  restart(service: string): Promise<number | null>;
  /** What all have written so far. */
  output(): string;
  stop(): Promise<void>;
}

interface Backing {
  readonly postgres: PostgresServer;
  readonly s3: S3Server;
  readonly temporal: { readonly process: PartProcess; readonly port: number };
}

export async function startFleet(temporalBinary: string, versitygw: string): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fleet-'));
  const secrets = join(folder, 'secrets');
  const made = startProcess([process.execPath, 'deploy/make-secrets.js', secrets], { PATH: process.env.PATH });
  if ((await made.ended()) !== 0) throw new Error(`make-secrets failed: ${made.output()}`);
  const backing = await startBacking(folder, secrets, temporalBinary, versitygw);
  const { services } = readCompose();
  const ports = new Map<string, number>();
  for (const name of Object.keys(services)) ports.set(name, await freePort());
  const running = new Map<string, PartProcess>();
  let written = '';

  const serviceOf = (name: string): ComposeService => {
    const service = services[name];
    if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}.`);
    return service;
  };
  const mapped = (name: string, text: string) =>
    text
      .replace('postgres:5432', `127.0.0.1:${backing.postgres.port}`)
      .replace('http://s3:7070', backing.s3.endpoint)
      .replace('temporal:7233', `127.0.0.1:${backing.temporal.port}`)
      .replace('/run/secrets', secrets)
      .replace(/^worker-(cpu|gpu)$/, '127.0.0.1')
      .replace(/\b74[234]0\b/, String(ports.get(name)));
  const spawnOne = async (name: string): Promise<PartProcess> => {
    const { command = [], environment } = serviceOf(name);
    const place = await placeOf(folder, name);
    const env = Object.entries({ ...imageEnvironment(), ...environment }).map(([key, value]) => [
      key,
      mapped(name, value),
    ]);
    const [node, ...args] = [...imageEntrypoint(), ...command];
    if (node !== 'node') throw new Error(`The image starts ${node}.`);
    const surroundings = { PATH: process.env.PATH, HOME: place.home, TMPDIR: place.temporary };
    const all = { ...surroundings, ...Object.fromEntries(env), MILLRACE_HOME: place.home };
    return startProcess([process.execPath, ...args], all, place.work);
  };
  const untilWell = async (name: string, started: PartProcess) => {
    const [, , ...check] = serviceOf(name).healthcheck?.test ?? [];
    const { work } = await placeOf(folder, name);
    await until(`${name} is healthy`, async () => {
      const asked = startProcess([process.execPath, ...check.map((word) => mapped(name, word))], {}, work);
      return (await asked.ended()) === 0;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)} It said: ${started.output().slice(-3_000)}`);
    });
  };
  const start = async (name: string) => {
    const started = await spawnOne(name);
    running.set(name, started);
    await untilWell(name, started);
  };
  const end = async (name: string) => {
    const process = running.get(name);
    running.delete(name);
    const code = (await process?.stop()) ?? null;
    written += process?.output() ?? '';
    return code;
  };
  return {
    folder,
    secret: (name) => join(secrets, name),
    url: (service) => `http://127.0.0.1:${ports.get(service)}`,
    start,
    runOnce: async (name) => {
      const started = await spawnOne(name);
      const code = await started.ended();
      written += started.output();
      return { code, said: started.output() };
    },
    restart: async (name) => {
      const code = await end(name);
      await start(name);
      return code;
    },
    output: () => written + [...running.values()].map((process) => process.output()).join(''),
    stop: async () => {
      await Promise.all([...running.keys()].map(end));
      await backing.temporal.process.stop();
      await backing.s3.stop();
      await backing.postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As a container has them: a home, a folder for temporary files, and the image's files to work in. */
async function placeOf(folder: string, service: string) {
  const place = {
    home: join(folder, service, 'home'),
    temporary: join(folder, service, 'tmp'),
    work: join(folder, service, 'work'),
  };
  for (const each of Object.values(place)) await mkdir(each, { recursive: true });
  for (const name of ['dist', 'deploy', 'package.json'])
    await symlink(resolve(name), join(place.work, name)).catch(() => undefined);
  return place;
}

/** What the services named `postgres`, `s3`, `temporal` and `temporal-namespace` would be. */
async function startBacking(
  folder: string,
  secrets: string,
  temporalBinary: string,
  versitygw: string,
): Promise<Backing> {
  const password = (await readFile(join(secrets, 'postgres-password'), 'utf8')).trim();
  const postgres = await startPostgres();
  const owner = await postgres.createDatabase();
  await postgres.query(owner, `create role millrace login password '${password}'`);
  await postgres.query(owner, 'create database millrace owner millrace');
  const credentials = await readFile(join(secrets, 's3-credentials'), 'utf8');
  const key = (name: string) => new RegExp(`^${name} *= *(.*)$`, 'm').exec(credentials)?.[1] ?? '';
  const s3 = await startVersitygw(versitygw, {
    AWS_ACCESS_KEY_ID: key('aws_access_key_id'),
    AWS_SECRET_ACCESS_KEY: key('aws_secret_access_key'),
  });
  await s3.makeBucket('millrace');
  const port = await freePort();
  const args = [...temporalArguments(join(folder, 'temporal.db'), port), '--namespace', 'millrace'];
  const process = startProcess([temporalBinary, ...args], { HOME: folder });
  await untilTemporalAnswers(`127.0.0.1:${port}`, 'millrace', AbortSignal.timeout(60_000));
  return { postgres, s3, temporal: { process, port } };
}
