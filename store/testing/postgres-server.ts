import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../platform/free-port.ts';

const run = promisify(execFile);

/** A PostgreSQL of the test's own, on a free port of this machine. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  /** The file of its certificate, in the name of `localhost`, where it has one. */
  readonly certificate: string;
  /** A new, empty schema, as MILLRACE_METADATA names it. */
  createSchema(): Promise<string>;
  /** A new, empty database; `settings` are those of `create database`. */
  createDatabase(settings?: string): Promise<string>;
  /** Runs a statement in a database, as the server's owner. */
  query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<readonly Row[]>;
  /** SIGKILL to the server; its sessions end when they notice. */
  kill(): Promise<void>;
  /** Starts what was killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Where Debian keeps what it does not put on PATH. */
const DEBIAN = '/usr/lib/postgresql';
const PASSWORD = 'ge/heim 1';

/** The folder with `initdb` and `postgres`, or null where this machine has none. */
export function findPostgres(): string | null {
  const onPath = (process.env.PATH ?? '').split(delimiter);
  const debian = versionsIn(DEBIAN).map((version) => join(DEBIAN, version, 'bin'));
  return (
    [...debian, ...onPath].find((folder) => ['initdb', 'postgres'].every((name) => isProgram(join(folder, name)))) ??
    null
  );
}

/** For the titles of tests that are skipped. */
export const WITHOUT_POSTGRES = 'no PostgreSQL here: apt-get install postgresql';

/**
 * @param tls Whether it takes encrypted connections, too; needs `openssl` on PATH.
 * @throws Error where there is no PostgreSQL, or it does not start.
 */
export async function startPostgres({ tls = false } = {}): Promise<PostgresServer> {
  const programs = findPostgres();
  if (programs === null) throw new Error(WITHOUT_POSTGRES);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  const owner = await ownerOf(folder);
  await initialise(programs, folder, owner);
  const port = await freePort();
  const certificate = join(folder, 'server.crt');
  const settings = tls ? await certify(folder, certificate, owner) : [];
  const start = () => startServer(programs, folder, port, owner, settings);
  const made = { number: 0, server: await start() };
  const address = (database: string) => `postgres://ml:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;
  const query: PostgresServer['query'] = (url, sql) => queryOnce(url, sql);
  return {
    ...{ host: '127.0.0.1', port, certificate, query },
    createSchema: async () => {
      made.number += 1;
      await query(address('postgres'), `create schema ml_${made.number}`);
      return `${address('postgres')}?options=-csearch_path%3Dml_${made.number}`;
    },
    createDatabase: async (settings = '') => {
      made.number += 1;
      const database = `ml_${made.number}`;
      await query(address('postgres'), `create database ${database} ${settings}`);
      return address(database);
    },
    kill: () => end(made.server, 'SIGKILL'),
    restart: async () => {
      // What is left of the killed one is in the way until its sessions have noticed.
      made.server = await start().catch(() => delay(1_000).then(start));
    },
    stop: async () => {
      await end(made.server, 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to be root's: then its user takes the folder, or else one that has nothing. */
async function ownerOf(folder: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const id = async (option: string, user: string) => Number((await run('id', [option, user])).stdout);
  const of = async (user: string) => ({ uid: await id('-u', user), gid: await id('-g', user) });
  const owner = await of('postgres').catch(() => of('nobody'));
  chownSync(folder, owner.uid, owner.gid);
  return owner;
}

async function initialise(programs: string, folder: string, owner: Owner | null): Promise<void> {
  const password = join(folder, 'password');
  await writeFile(password, `${PASSWORD}\n`);
  const args = ['-D', join(folder, 'data'), '-U', 'ml', `--pwfile=${password}`, '-A', 'scram-sha-256'];
  await run(join(programs, 'initdb'), [...args, '-E', 'UTF8', '--locale=C', '--no-sync'], { cwd: folder, ...owner });
}

/** @returns The settings with which the server shows its certificate. */
async function certify(folder: string, certificate: string, owner: Owner | null): Promise<readonly string[]> {
  const key = join(folder, 'server.key');
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', ['req', ...made, ...name]);
  if (owner !== null) chownSync(key, owner.uid, owner.gid);
  return ['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`];
}

async function startServer(
  programs: string,
  folder: string,
  port: number,
  owner: Owner | null,
  more: readonly string[],
): Promise<ChildProcess> {
  // Without flushes a power cut loses data; that a process is killed does not.
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'full_page_writes=off', ...more];
  const place = ['-D', join(folder, 'data'), '-p', String(port), '-k', folder];
  const args = [...place, ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(programs, 'postgres'), args, { cwd: folder, stdio: 'ignore', ...owner });
  const url = `postgres://ml:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`;
  for (const deadline = Date.now() + 30_000; ; await delay(50)) {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}.`);
    const answers = await queryOnce(url, 'select 1').then(
      () => true,
      () => false,
    );
    if (answers) return server;
    if (Date.now() > deadline) throw new Error('PostgreSQL did not answer within 30 s.');
  }
}

async function queryOnce<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill(signal);
  await ended;
}

function versionsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort((left, right) => Number(right) - Number(left));
  } catch {
    return [];
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
