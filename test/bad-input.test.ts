import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFile } from '../cli/testing/built-files.suite.ts';
import type { RunDetail } from '../server/client.ts';
import { openStores } from '../store/open-stores.ts';
import { addSchemaVersion, stillRunning } from './support/bad-input-checks.ts';
import { writeBadInput } from './support/bad-input-files.ts';
import { commandEnv, type Ended, millrace, startMillrace } from './support/command-line.ts';
import { type EmbeddedSystem, startEmbedded } from './support/embedded-system.ts';

let folder: string;
let home: string;
let system: EmbeddedSystem;
/** A run that went well before everything that does not. */
let first: RunDetail;

const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-bad-input-'));
  home = at('home');
  await writeBadInput(folder);
  system = await startEmbedded(home);
  first = await storedRun();
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function storedRun(...words: string[]): Promise<RunDetail> {
  const { code, out, err } = await millrace('run', at('stored.ts'), ...words, '--home', home, '-o', 'json');
  expect(err).not.toContain('error:');
  expect(code).toBe(0);
  return JSON.parse(out) as RunDetail;
}

/** What a person reads: all of it said, in a few lines, without a stack and without a hole in a sentence. */
function expectSaid({ code, out, err }: Ended, exitCode: number, fragments: readonly string[]): void {
  const said = `${out}${err}`;
  for (const fragment of fragments) expect(said).toContain(fragment);
  expect(said).not.toMatch(/^\s+at \S+ \(|\bundefined\.|\[object Object\]|; because:.*; because:/m);
  expect(code).toBe(exitCode);
}

/** A command with settings of its own in its environment. */
async function commanded(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  const child = startMillrace(args, env);
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

describe('a pipeline that does not compile', () => {
  it.each<[file: string, ...fragments: string[]]>([
    ['syntax.ts', 'syntax.ts:', 'found end of file'],
    ['no-module.ts', 'no-module.ts:1:', '"./gone.ts"', 'correct the path'],
    ['no-package.ts', 'no-package.ts:1:', 'npm install no-such-package-here'],
    ['no-pipeline.ts', 'no-pipeline.ts has no default export', 'export default definePipeline('],
    ['throws.ts', 'throws.ts:11: ', `the body of pipeline 'throws' failed: TypeError: `],
    ['promise.ts', 'promise.ts: ', 'returned a promise', 'remove async and await'],
    ['twice.ts', 'twice.ts:12: ', `has two tasks named 'one'`, `{ name: 'one-2' }`],
    ['plain-if.ts', 'plain-if.ts:12: ', `Field 'm' of the output of task 'one'`, 'use eq, lt, gte'],
    ['escape.ts', 'escape.ts:13: ', `input 'n' of task 'late'`, 'Return it from'],
    ['dated.ts', 'dated.ts: ', `field 'day' has no JSON Schema`, 'z.iso.date()'],
    ['queue.ts', 'queue.ts:11: ', `task 'one' goes to queue 'gpuu'`, `queues: ['gpuu']`],
    ['none.ts', 'There is no file', 'none.ts', 'millrace init'],
  ])('%s', async (file, ...fragments) => {
    expectSaid(await millrace('compile', at(file), '-o', at('out.json')), 2, fragments);
  });
});

it('what is compiled takes the place of nobody’s file', async () => {
  await writeFile(at('good.json'), '{"mine": true}');
  const refused = await millrace('compile', at('good.ts'));
  expectSaid(refused, 2, [`${at('good.json')} is there already, and is no compiled pipeline`, '-o compiled.json']);
  expect(await readFile(at('good.json'), 'utf8')).toBe('{"mine": true}');
  const { code, out } = await millrace('compile', at('good.ts'), '-o', at('compiled.json'));
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('good: 1 task of 1 step, written to ') });
  expect(out).toContain('\nparameters: mode (fast or exact, "fast" unless given), n (a number, 1 unless given)\n');
});

describe('what a run is given', () => {
  it.each<[what: string, words: readonly string[], ...fragments: string[]]>([
    [
      'a parameter that there is not',
      ['m=1'],
      'good: m: no such parameter; did you mean n?',
      'good takes mode (fast or exact, "fast" unless given), n (a number, 1 unless given).',
    ],
    ['a parameter of another type', ['n=many'], 'n: has to be a number, and is text'],
    ['a choice that there is not', ['mode=slow'], 'mode: has to be one of', '"fast", "exact"'],
    ['a parameter without a value', ['n'], `'n' gives no value to a parameter`, 'name=value'],
    ['a file of parameters that is not there', ['--params', 'none.json'], 'There is no parameter file none.json'],
    ['a project that is a path', ['--project', '../other'], `'../other' cannot name a project`, 'lower-case letters'],
    ['a project that this system does not serve', ['--project', 'other'], 'serves the project default, not other'],
  ])('%s', async (_, words, ...fragments) => {
    expectSaid(await millrace('run', at('good.ts'), '--home', home, ...words), 2, fragments);
  });

  it('a file of parameters that is broken', async () => {
    const args = ['run', at('good.ts'), '--params', at('params.json'), '--home', home];
    expectSaid(await millrace(...args), 2, ['params.json is no JSON: ']);
  });

  it('the file of another pipeline, to retry a run with', async () => {
    const said = await millrace('runs', 'retry', first.run.id, '--code', at('good.ts'), '--home', home);
    expectSaid(said, 2, [`good.ts holds pipeline 'good', and run ${first.run.id} is of 'stored'.`, 'millrace run ']);
  });

  it('a decision on a run that has ended', async () => {
    const said = await millrace('runs', 'approve', first.run.id, 'ship', 'reason=x', '--home', home);
    expectSaid(said, 2, [`Run ${first.run.id} has ended (succeeded): nothing in it waits for a decision.`]);
  });

  it('a document that is no pipeline', async () => {
    const said = await millrace('run', at('plain.json'), '--home', home);
    expectSaid(said, 2, ['plain.json is JSON, and no compiled pipeline', 'millrace compile']);
  });

  it('an external package that no worker has in that version', async () => {
    const said = await millrace('run', at('external.ts'), '--home', home);
    expectSaid(said, 2, [
      'Task external of external: ',
      'apache-arrow 9.9.9',
      'Install apache-arrow@9.9.9',
      'compile the pipeline again',
    ]);
  });
});

describe('a task that fails', () => {
  it.each<[file: string, params: Readonly<Record<string, string>>, ...fragments: string[]]>([
    [
      'contract.ts',
      {},
      `The output of task 'contract' breaks the contract`,
      'auc: ',
      'has to be a number, and is text',
    ],
    ['words.ts', {}, `The handler threw the text 'just words'`, 'Throw an Error'],
    ['leaves.ts', {}, 'leaves', 'ended with code 7', 'do not call process.exit'],
    ['huge.ts', {}, `The output of task 'huge' is 3000011 bytes`, '1048576 are allowed', 'task.write'],
    ['bigint.ts', {}, `The output of task 'bigint'`, 'a bigint at $.value.big', 'as an artifact'],
    [
      'table.ts',
      { source: 'gone.csv' },
      'importArtifact: There is nothing to import at ',
      'gone.csv',
      'Correct the path',
    ],
    ['table.ts', { source: 'corrupt.parquet' }, 'corrupt.parquet cannot be read as Parquet: ', 'Is the file whole'],
    ['table.ts', { source: 'broken.jsonl' }, 'broken.jsonl cannot be read as JSON lines: ', 'at byte '],
    ['table.ts', { source: 'text.csv' }, `Row 1 of `, `in column 'a', where a number is due`, 'Correct the cell'],
    ['table.ts', { source: 'other.csv' }, `other.csv has no column 'a'. Its columns are: b.`],
    ['model.ts', { source: 'corrupt.parquet' }, 'corrupt.parquet is not an ONNX file', 'export the model as ONNX'],
    [
      'predict.ts',
      { model: 'model', rows: 'other.csv' },
      'predictRows: ',
      `has no column 'distance'. Its columns are: b.`,
    ],
    ['predict.ts', { model: 'model/core.onnx', rows: 'rows.parquet' }, 'predictRows: ', 'is no model with a transform'],
  ])('%s %o', async (file, params, ...fragments) => {
    const words = Object.entries(params).map(([name, value]) => `${name}=${at(value)}`);
    const said = await millrace('run', at(file), ...words, '--home', home);
    expectSaid(said, 1, [...fragments, 'error: ', 'logs: ', 'retry: ']);
  });

  it('for an artifact that was changed; once it is removed, it is made again', async () => {
    const [artifact = ''] = Object.values(first.run.output as Record<string, string>);
    await chmod(artifact, 0o644);
    await writeFile(artifact, 'changed');
    const said = await millrace('run', at('stored.ts'), 'salt=2', '--home', home);
    expectSaid(said, 1, ['Artifact sha256:', `at ${artifact} was changed`, 'Remove it']);
    await rm(artifact);
    await storedRun('salt=2');
    expect((await stat(artifact)).size).toBe(1 << 20);
  });

  it.skipIf(process.platform === 'win32')('for want of room on the disk', async () => {
    const limited = `trap '' XFSZ; ulimit -f 6000; exec "$@"`;
    const command = [builtFile('cli/main.js'), 'run', at('stored.ts'), 'mib=20', '--local', '--home', home];
    const child = spawn('bash', ['-c', limited, 'bash', process.execPath, ...command], { env: commandEnv() });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += data;
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    expectSaid({ code, out: said, err: '' }, 1, ['EFBIG', 'make room on its disk', 'retry the run']);
  });
});

describe('a system that cannot be reached', () => {
  it.each<[what: string, env: NodeJS.ProcessEnv, args: readonly string[], ...fragments: string[]]>([
    ['Temporal is away', { TEMPORAL_ADDRESS: '127.0.0.1:9' }, ['up'], 'Temporal at 127.0.0.1:9 does not answer'],
    ['the API is away', { MILLRACE_API_URL: 'http://127.0.0.1:9' }, ['runs'], 'http://127.0.0.1:9 does not answer'],
    ['nothing is up', {}, ['worker', '--queues', 'gpu'], 'no system is up', 'millrace up --detach'],
  ])('%s', async (_, env, args, ...fragments) => {
    const said = await commanded(env, ...args, '--home', at('unreachable'));
    expectSaid(said, 3, [...fragments, 'millrace']);
    expect(await stillRunning(at('unreachable'))).toEqual([]);
  });

  it('its stores are of a newer release', async () => {
    const newer = at('newer');
    await (await openStores({ home: newer, project: 'default' })).close();
    addSchemaVersion(newer);
    const before = await readFile(join(newer, 'metadata.sqlite'));
    expectSaid(await millrace('runs', 'list', '--home', newer), 3, ['was made by a newer Millrace', 'Upgrade']);
    expect(await readFile(join(newer, 'metadata.sqlite'))).toEqual(before);
  });

  it('its database is none', async () => {
    await cp(at('corrupt.parquet'), join(at('no-database'), 'metadata.sqlite'));
    const said = await millrace('run', at('good.ts'), '--local', '--home', at('no-database'));
    expectSaid(said, 3, ['metadata.sqlite is not a whole SQLite file', 'Restore it from a backup']);
  });

  it('its home is a file', async () => {
    const said = await millrace('run', at('good.ts'), '--local', '--home', at('home-file'));
    expectSaid(said, 2, ['home-file is a file', '--home']);
  });

  it('its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const said = await millrace('up', '--port', `${port}`, '--home', at('port'));
    server.close();
    expectSaid(said, 2, [`Port ${port}, asked for the API, is taken`, 'Name another']);
    expect(await stillRunning(at('port'))).toEqual([]);
  });
});

describe('after all that', () => {
  it('earlier runs and artifacts are whole, and nothing is left running', async () => {
    const kept = await system.client().run(first.run.id);
    // What the command line printed then, which adds the artifacts to what the API says.
    expect(first).toMatchObject(kept);
    const again = await storedRun();
    expect(again.run.output).toEqual(first.run.output);
    expect(again.tasks.map((task) => task.status)).toEqual(['cached', 'cached']);
    await system.stop();
    expect(await stillRunning(home)).toEqual([]);
  });
});
