import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtFile } from '../cli/testing/built-files.suite.ts';
import { commandEnv, millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });
const PIPELINE = resolve('test/support/canary-pipeline.suite.ts');
/** With what JSON, URLs and forms write differently. */
const CANARY = 'canary "5f2c\\8e" é+1';
const FORMS: readonly string[] = [
  CANARY,
  ...inJson(CANARY, 4),
  Buffer.from(CANARY).toString('base64'),
  Buffer.from(`user:${CANARY}`).toString('base64'),
  encodeURIComponent(CANARY),
];

/** As JSON writes it, and JSON in which such JSON is a text, and so on: rows of a database are that. */
function inJson(value: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  const text = JSON.stringify(value).slice(1, -1);
  return [text, ...inJson(text, depth - 1)];
}

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-canary-'));
  system = await startEmbedded(join(folder, 'home'));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

const command = (...args: string[]) => millrace(...args, '--home', system.home);

async function withInput(input: string, ...args: string[]) {
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...args, '--home', system.home], {
    env: commandEnv(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => said.push(String(data)));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, said: said.join('') };
}

function expectClean(what: string, text: string | Buffer): void {
  for (const form of FORMS) expect({ what, form, found: text.includes(form) }).toEqual({ what, form, found: false });
}

async function filesOf(home: string): Promise<readonly string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** All texts that Temporal has of a run, payloads among them: they are JSON, and the large ones are files of the home. */
async function historyOf(runId: string): Promise<string> {
  const { urls } = await system.record();
  const connection = await Connection.connect({ address: urls.temporal });
  const client = new Client({ connection });
  const history = await client.workflow.getHandle(`default/run/${runId}`).fetchHistory();
  await connection.close();
  return textsIn(history).join('\n');
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe('a secret that is stored', () => {
  const runs: string[] = [];

  it('is said to be missing, with the command that sets it, before a run reads it', async () => {
    const submitted = await command('run', PIPELINE, 'how=succeed', '--detach');
    expect(submitted.err + submitted.out).toContain("Task leak reads the secret 'canary-key'");
    expect(submitted.err + submitted.out).toContain('millrace secrets set canary-key');
    const doctor = await command('doctor');
    expect(doctor.out).toContain('workers lack canary-key');
    const { items } = await system.client().runs();
    const detail = await ended(system.client(), items[0]?.id ?? '');
    expect(detail.tasks.map(({ failure }) => failure?.name)).toEqual(['SecretMissing']);
  });

  it('is taken from standard input, and listed without its value', async () => {
    const set = await withInput(`${CANARY}\n`, 'secrets', 'set', 'canary-key');
    expect(set).toMatchObject({ code: 0, said: expect.stringContaining('stored as version 1') });
    expect((await withInput('', 'secrets', 'set', 'canary-key')).said).toContain('No value came');
    const listed = await command('secrets', 'list');
    expect(listed.out).toMatch(/canary-key +1 /);
    expectClean('what commands say', [set.said, listed.out, (await command('secrets', 'list', '--json')).out].join());
    expect((await stat(join(system.home, 'secrets.key'))).mode & 0o077).toBe(0);
    // Workers say every few seconds which names and keys they have.
    await until('workers have read the key', async () =>
      (await command('doctor')).out.includes('workers have what tasks read'),
    );
  });

  it.each(['succeed', 'throw', 'return'])('is read by a task that leaks it and goes on to %s', async (how) => {
    const runId = await system.submit(PIPELINE, { how });
    runs.push(runId);
    const { run, tasks } = await ended(system.client(), runId);
    expect(run.status).toBe(how === 'succeed' ? 'succeeded' : 'failed');
    if (how === 'throw') expect(tasks[0]?.failure).toMatchObject({ name: 'Refused ***' });
    if (how === 'return') expect(tasks[0]?.failure).toMatchObject({ name: 'SecretInOutput' });
    expect((await system.client().attempts(runId, 'leak')).items).toHaveLength(how === 'throw' ? 2 : 1);
  });

  it('is then in no history of Temporal', async () => {
    for (const run of runs) {
      const history = await historyOf(run);
      expect(history).toContain('leak');
      expectClean(`the history of ${run}`, history);
    }
  });

  it('is in no answer of the API and in nothing that commands say', async () => {
    const client = system.client();
    for (const run of runs) {
      const answers = [
        client.run(run),
        client.runValues(run),
        client.logs(run),
        client.explainRun(run),
        client.tasks(run),
      ];
      const said = JSON.stringify(await Promise.all([...answers, client.attempts(run, 'leak'), client.workers()]));
      expect(said).toContain('printed ***');
      expectClean('the API', said);
      for (const words of [
        ['runs', 'get', run],
        ['runs', 'logs', run],
        ['runs', 'explain', run],
      ]) {
        expectClean(words.join(' '), (await command(...words)).out);
      }
    }
  });

  it('is in no file of the home: databases, artifacts, payloads, logs, code', async () => {
    const files = await filesOf(system.home);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) expectClean(file, await readFile(file));
  });

  it('makes the results of before misses when it is set anew, and keeps them while it is not', async () => {
    const again = await ended(system.client(), await system.submit(PIPELINE, { how: 'succeed' }));
    expect(again.tasks[0]?.cache?.reason).toBe('hit');
    await withInput('another value', 'secrets', 'set', 'canary-key');
    const anew = await ended(system.client(), await system.submit(PIPELINE, { how: 'succeed' }));
    expect(anew.tasks[0]?.cache).toMatchObject({ reason: 'noEntry', detail: expect.stringContaining('secret key') });
  });

  it('is gone when it was deleted', async () => {
    expect((await command('secrets', 'delete', 'canary-key')).out).toContain('deleted');
    const detail = await ended(system.client(), await system.submit(PIPELINE, { how: 'throw' }));
    expect(detail.tasks[0]?.failure).toMatchObject({ name: 'SecretMissing' });
    expect((await command('secrets', 'delete', 'canary-key')).err).toContain("no secret 'canary-key'");
  });
});
