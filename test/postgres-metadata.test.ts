import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunDetail } from '../server/client.ts';
import {
  findPostgres,
  type PostgresServer,
  startPostgres,
  WITHOUT_POSTGRES,
} from '../store/testing/postgres-server.ts';
import { millraceIn } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { LEDGER_PIPELINE, type Ledger, newLedger, partsDone } from './support/ledger.ts';
import { attemptCounts, outputDigests, statuses } from './support/run-facts.ts';

vi.setConfig({ testTimeout: 180_000 });
const isThere = findPostgres() !== null;

describe.runIf(isThere)(`a system with its metadata in PostgreSQL${isThere ? '' : ` (${WITHOUT_POSTGRES})`}`, () => {
  let folder: string;
  let server: PostgresServer;
  let url: string;
  let env: NodeJS.ProcessEnv;
  let system: EmbeddedSystem;
  /** How the pipeline ends when nothing happens to it. */
  let undisturbed: RunDetail;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
    server = await startPostgres();
    url = await server.createSchema();
    env = { MILLRACE_METADATA: url };
    system = await startEmbedded(join(folder, 'home'), env);
    undisturbed = await run(await newLedger(folder));
  });
  afterAll(async () => {
    await system?.stop();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(ledger: Ledger): Promise<RunDetail> {
    return ended(system.client(), await system.submit(LEDGER_PIPELINE, { folder: ledger.folder }));
  }
  const inHome = (...args: string[]) => millraceIn(env, ...args, '--home', system.home);
  const rowsOf = (runId: string) =>
    server.query<{ path: string; status: string }>(
      url,
      `select path, status from tasks where run_id = '${runId}' and kind = 'task' order by path`,
    );

  it('runs a pipeline, and every part of it is connected', async () => {
    expect(undisturbed.run).toMatchObject({ status: 'succeeded', error: null });
    const rows = await rowsOf(undisturbed.run.id);
    expect(Object.fromEntries(rows.map(({ path, status }) => [path, status]))).toEqual(statuses(undisturbed));
    const parts = await server.query<{ part: string }>(
      url,
      "select distinct application_name as part from pg_stat_activity where application_name like 'millrace-%' order by 1",
    );
    expect(parts.map(({ part }) => part)).toEqual(['millrace-api', 'millrace-serving', 'millrace-workers']);
    expect(await readdir(system.home)).not.toContain('metadata.sqlite');
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args=']);
    expect(stdout).toContain('workers/main.js');
    expect(stdout).not.toContain(new URL(url).password);
  });

  it('goes on with a run as if nothing had been when PostgreSQL is killed in its middle and started again', async () => {
    const ledger = await newLedger(folder, { held: true });
    const runId = await system.submit(LEDGER_PIPELINE, { folder: ledger.folder });
    await ledger.held(3);
    await server.kill();
    // The handlers go on, and their checkpoints, logs and ends wait for the server.
    await ledger.release();
    await server.restart();
    const detail = await ended(system.client(), runId);
    expect(detail.run).toMatchObject({ status: 'succeeded', error: null });
    expect(outputDigests(detail)).toEqual(outputDigests(undisturbed));
    expect(attemptCounts(detail)).toEqual(attemptCounts(undisturbed));
    expect(Object.values(await partsDone(ledger))).toEqual([1, 2, 3].map(() => [1, 2, 3, 4, 5, 6]));
    expect((await rowsOf(runId)).map(({ path }) => path)).toEqual(
      (await rowsOf(undisturbed.run.id)).map(({ path }) => path),
    );
  });

  it('keeps what succeeded for a retry', async () => {
    const ledger = await newLedger(folder);
    await writeFile(join(ledger.folder, 'broken'), '');
    const failed = await run(ledger);
    expect(failed.run.status).toBe('failed');
    await rm(join(ledger.folder, 'broken'));
    const { code, out } = await inHome('runs', 'retry', failed.run.id, '-o', 'json');
    expect(code).toBe(0);
    const { run: retried } = JSON.parse(out) as RunDetail;
    const detail = await ended(system.client(), retried.id);
    expect(detail.run.status).toBe('succeeded');
    expect((await ledger.lines('began')).filter(({ path }) => path === 'open')).toHaveLength(1);
    expect(attemptCounts(detail)).toEqual({ joinParts: 1 });
  });

  it('is checked by doctor, and read while no system is up, local runs among what is found', async () => {
    const doctor = await inHome('doctor', '-o', 'json');
    const { checks } = JSON.parse(doctor.out) as { checks: readonly { name: string; found: string; status: string }[] };
    const shown = `postgres://ml@127.0.0.1:${server.port}/postgres`;
    expect(checks.find(({ name }) => name === 'metadata')).toMatchObject({ status: 'ok', found: shown });

    const others = await millraceIn(
      { MILLRACE_METADATA: 'postgres://ml@127.0.0.1:1/elsewhere' },
      ...['runs', 'list', '--home', system.home],
    );
    expect(others.err).toContain(`keeps its metadata in ${shown}, not in postgres://ml@127.0.0.1:1/elsewhere`);

    await system.stop();
    const ledger = await newLedger(folder);
    const local = await inHome('run', LEDGER_PIPELINE, `folder=${ledger.folder}`, '--local', '-o', 'json');
    expect(local.code).toBe(0);
    const { id } = (JSON.parse(local.out) as RunDetail).run;
    const listed = await inHome('runs', 'list', '-o', 'json');
    expect(listed.out).toContain(id);
    expect(listed.out).toContain(undisturbed.run.id);
    const got = await inHome('runs', 'get', undisturbed.run.id, '-o', 'json');
    expect(JSON.parse(got.out)).toMatchObject({ run: { id: undisturbed.run.id, status: 'succeeded' } });
  });

  it('says what is wrong where it is not to be reached, and shows its password nowhere', async () => {
    await server.kill();
    const gone = await inHome('runs', 'list');
    expect(gone.code).not.toBe(0);
    expect(gone.err).toContain('is not to be reached');
    const doctor = await inHome('doctor');
    expect(doctor.out).toContain('is not to be reached');
    const logs = await readdir(join(system.home, 'logs'));
    const texts = await Promise.all(logs.map((name) => readFile(join(system.home, 'logs', name), 'utf8')));
    const { password } = new URL(url);
    for (const text of [...texts, gone.err, doctor.out]) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(decodeURIComponent(password));
    }
    await server.restart();
  });
});
