import { exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtFile } from './testing/built-files.suite.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The built command line in a folder of the test's, as a script would call it. */
async function millrace(...args: string[]) {
  const env = { ...process.env, MILLRACE_HOME: '', MILLRACE_API_URL: '', TEMPORAL_ADDRESS: '', NO_COLOR: '1' };
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...args], { cwd: folder, env });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** What `npm install` would do in a new project. */
async function linkPackages(modules: string): Promise<void> {
  await mkdir(modules);
  await symlink(resolve('.'), join(modules, 'millrace'));
  await symlink(resolve('node_modules/zod'), join(modules, 'zod'));
}

describe('the command line', () => {
  it('shows its commands and its exit codes', async () => {
    const { code, out } = await millrace('--help');
    expect(code).toBe(0);
    for (const name of ['init', 'up', 'down', 'compile', 'run', 'runs', 'models', 'worker', 'doctor', 'demo']) {
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    expect(out).toContain('3 the system cannot be reached');
  });

  it('ends with 2 on bad usage, and says so on stderr without a stack', async () => {
    for (const args of [
      ['nonsense'],
      ['run'],
      ['runs', 'get'],
      ['runs', 'list', '--status', 'odd'],
      ['run', 'x.ts', '--odd'],
    ]) {
      const { code, out, err } = await millrace(...args);
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(err).toMatch(/^error: /);
      expect(err).not.toContain('    at ');
    }
  });

  it('ends with 2 when there is nothing to read, naming the folder and the way to begin', async () => {
    const { code, err } = await millrace('runs', 'list');
    expect(code).toBe(2);
    expect(err).toContain(join(folder, '.millrace'));
    expect(err).toContain('millrace run');
  });

  it('ends with 2 for a file that is not there or is no pipeline', async () => {
    expect(await millrace('run', 'none.ts')).toMatchObject({ code: 2, err: expect.stringContaining('none.ts') });
    await writeFile(join(folder, 'data.json'), '{"a":1}');
    expect(await millrace('run', 'data.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no compiled pipeline'),
    });
  });

  it('ends with 3 when nothing is up that could do it', async () => {
    expect(await millrace('runs', 'cancel', 'some-run')).toMatchObject({
      code: 3,
      err: expect.stringContaining('millrace up --detach'),
    });
    expect(await millrace('worker', '--queues', 'gpu')).toMatchObject({ code: 3 });
  });

  it('refuses a port that is asked for and taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, err } = await millrace('up', '--port', String(port), '--home', join(folder, 'ports'));
    server.close();
    expect(code).toBe(2);
    expect(err).toContain(`Port ${port}, asked for the API, is taken`);
    expect((await millrace('up', '--port', 'http')).err).toContain("--port is 'http'");
  });

  it('ends quietly when there is nothing to end', async () => {
    expect(await millrace('down')).toMatchObject({ code: 0, out: expect.stringContaining('is up') });
  });

  it('reads stores through an API of its own when nothing is up', async () => {
    const home = join(folder, 'stores');
    await (await import('../store/open-stores.ts'))
      .openStores({ home, project: 'default' })
      .then((stores) => stores.close());
    expect(JSON.parse((await millrace('runs', 'list', '--json', '--home', home)).out)).toEqual({
      items: [],
      cursor: null,
    });
    expect((await millrace('models', '-o', 'yaml', '--home', home)).out).toBe('items: []\n');
    expect(await millrace('runs', 'get', 'none', '--home', home)).toMatchObject({
      code: 2,
      err: 'error: Project default has no run none.\n  List them with `millrace runs list`.\n',
    });
  });

  it('has doctor open the metadata, and end with 3 where that fails', async () => {
    const home = join(folder, 'broken');
    await mkdir(home);
    await writeFile(join(home, 'metadata.sqlite'), 'no database, however long it is read');
    const { code, out } = await millrace('doctor', '--home', home);
    expect(code).toBe(3);
    expect(out).toMatch(/^missing +metadata +.*is not a whole SQLite file/m);
  });

  it('ends quietly when who reads its output reads no further', async () => {
    const command = `"${process.execPath}" "${builtFile('cli/main.js')}" runs list --json --home "${join(folder, 'stores')}"`;
    const { stdout, stderr } = await promisify(exec)(`(${command}; echo "ended with $?" >&2) | true`);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: 'ended with 0\n' });
  });

  it('makes a first project, and writes over nothing', async () => {
    const { code, out } = await millrace('init', 'first');
    expect(code).toBe(0);
    expect(out).toContain('cd first');
    const manifest = JSON.parse(await readFile(join(folder, 'first', 'package.json'), 'utf8'));
    expect(manifest.dependencies.millrace).toMatch(/^file:/);
    expect(await millrace('init', 'first')).toMatchObject({ code: 2, err: expect.stringContaining('package.json') });
  });

  it('compiles that project, and refuses its parameters by name', async () => {
    await linkPackages(join(folder, 'first', 'node_modules'));
    const compiled = await millrace('compile', 'first/pipeline.ts', '-o', 'out/first.json');
    expect(compiled).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('best-customers: 3 tasks of 3 steps'),
    });
    const args = ['run', 'out/first.json', '--local', '--home', join(folder, 'runs')];
    const refused = await millrace(...args, 'atLest=1', 'source=x');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('did you mean atLeast?') });
  });

  it('says what a pipeline file left running, and that it ended the process, without a stack', async () => {
    const cases = [
      ["setTimeout(() => { throw new TypeError('tick'); });", /^error: first\/stray\.ts: TypeError: tick\n/],
      ["Promise.reject(new Error('promised'));", /^error: first\/stray\.ts: promised\n/],
      ['setTimeout(() => process.exit(0));', /^error: first\/stray\.ts called process\.exit while it was loaded\./],
    ] as const;
    for (const [statement, said] of cases) {
      const source = await readFile(join(folder, 'first', 'pipeline.ts'), 'utf8');
      await writeFile(join(folder, 'first', 'stray.ts'), `${source}\n${statement}\n`);
      const { code, err } = await millrace('compile', 'first/stray.ts', '-o', 'out/stray.json');
      expect([statement, code]).toEqual([statement, 2]);
      expect(err).toMatch(said);
      expect(err).not.toContain('    at ');
    }
  });

  it('reads what a run logged and measured, and refuses a task that it does not have', async () => {
    const place = ['--home', join(folder, 'runs')];
    const ran = await millrace(
      'run',
      'out/first.json',
      'source=first/orders.csv',
      '--local',
      '--run-id',
      'r1',
      '--json',
      ...place,
    );
    expect(ran).toMatchObject({ code: 0 });
    const logs = (path: string) => millrace('runs', 'logs', 'r1', '--path', path, ...place);
    expect(await logs('load')).toMatchObject({ code: 0, out: expect.stringContaining('read '), err: '' });
    expect(await logs('summarize')).toEqual({
      code: 2,
      out: '',
      err: "error: Run r1 has no task 'summarize'.\n  Did you mean summarise?\n",
    });
    expect(await logs('best')).toMatchObject({ code: 0, out: '', err: expect.stringContaining('logged nothing') });
    const shown = await millrace('runs', 'get', 'r1', ...place);
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('\nMeasured\n  best: customers 4\n') });
    expect(JSON.parse(ran.out)).toMatchObject({ artifacts: [], notices: [] });
  });

  it('gives a run that found all in the cache what the first measured, and says where its logs are', async () => {
    const place = ['--home', join(folder, 'runs')];
    const given = ['out/first.json', 'source=first/orders.csv', '--local', '--run-id', 'r2', '--json'];
    const { out } = await millrace('run', ...given, ...place);
    expect(JSON.parse(out).metrics).toMatchObject([{ runId: 'r2', path: 'best', name: 'customers', value: 4 }]);
    const shown = await millrace('runs', 'get', 'r2', ...place);
    expect(shown.out).toContain('cached from r1');
    const logs = await millrace('runs', 'logs', 'r2', '--path', 'load', ...place);
    const note = "note: 'load' of run r2 (cached) has its result from run r1: millrace runs logs r1 --path 'load'\n";
    expect(logs).toEqual({ code: 0, out: '', err: note });
  });

  it('gives one task of a run with its values whole', async () => {
    const place = ['--home', join(folder, 'runs')];
    const best = await millrace('runs', 'get', 'r1', '--path', 'best', '--json', ...place);
    expect(JSON.parse(best.out)).toMatchObject({
      task: { path: 'best', output: { customers: ['ada', 'blaise', 'emmy', 'felix'] }, leftOut: null },
    });
  });
});
