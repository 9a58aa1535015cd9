import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWorkersOwn } from '../../ir/protocol/task-failure.ts';
import { ArtifactError } from '../../store/artifacts/artifact-store.ts';
import { dispatchOf, failureOf, type HostFixture, openHost, RUN, runTask, SETTINGS } from './task-host.suite.ts';
import { createTaskHost } from './task-host.ts';

let fixture: HostFixture;
let run: HostFixture['run'];
beforeAll(async () => {
  fixture = await openHost();
  ({ run } = fixture);
});
afterAll(() => fixture.close());

const attemptsOf = (path: string) => fixture.stores.metadata.tasks.attempts(RUN, path);

describe('what a handler can do wrong', () => {
  it('throws a text', async () => {
    const failure = await failureOf(run(`throw 'boom';`));
    expect(failure).toMatchObject({ kind: 'handler', name: 'NonError' });
    expect(failure.message).toContain("'boom'");
  });

  it.each([
    [
      'an object, which is told as JSON',
      `throw { code: 42, why: 'object' };`,
      'threw the object {"code":42,"why":"object"}, which',
    ],
    ['a list', `throw [1, 'two'];`, 'threw the object [1,"two"], which'],
    ['an object that JSON cannot say', 'const a = {}; a.a = a; throw a;', 'threw an object, which'],
  ])('throws %s', async (_, body, told) => {
    const failure = await failureOf(run(body));
    expect(failure).toMatchObject({ kind: 'handler', name: 'NonError' });
    expect(failure.message).toContain(told);
  });

  it('throws an object as large as a book, of which the beginning is kept', async () => {
    const failure = await failureOf(run(`throw { text: 'x'.repeat(5_000_000) };`));
    expect(failure.message).toMatch(/^The handler threw the object {"text":"x+… \(\d+ more characters\)$/);
  });

  it('writes an artifact of a kind that there is not', async () => {
    const failure = await failureOf(run(`await task.write('spreadsheet', () => {}); return {};`));
    expect(failure.message).toMatch(/of the kind 'spreadsheet'; the kinds are 'dataset', 'model', /);
  });

  it('throws an error that names an artifact by its path, which is told by the name of the input', async () => {
    const file = join(fixture.home, 'rows.txt');
    await writeFile(file, 'rows');
    const rows = await fixture.stores.artifacts.put('file', file, {});
    const body = `const path = await task.read(input.trials[1].rows); throw new Error(path + ' and ' + path + '/a are bad');`;
    const failure = await failureOf(run(body, { input: { trials: [{}, { rows }] } }));
    expect(failure.message).toBe("Input 'trials[1].rows' and input 'trials[1].rows'/a are bad");
  });

  it('throws an error as long as a book, of which the beginning is kept', async () => {
    const failure = await failureOf(run(`throw new Error('begin ' + 'x'.repeat(5_000_000));`));
    expect(failure).toMatchObject({ kind: 'handler', name: 'Error' });
    expect(failure.message).toMatch(/^begin x+… \(\d+ more characters\)$/);
    expect(JSON.stringify(failure).length).toBeLessThan(60_000);
  });

  it('throws an error that its retry policy names as hopeless', async () => {
    const failure = await failureOf(run(`throw Object.assign(new Error('no'), { name: 'Hopeless' });`));
    expect(failure).toMatchObject({ kind: 'handler', name: 'Hopeless', retryable: false });
  });

  it('is killed by another', async () => {
    const failure = await failureOf(run(`process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});`));
    expect(failure).toMatchObject({ kind: 'crash', name: 'HandlerKilled', retryable: true });
    expect(failure.message).toContain('SIGKILL');
  });

  it('cuts its process off from the host', async () => {
    const failure = await failureOf(
      run('process.disconnect(); setInterval(() => {}, 1_000); await new Promise(() => {});'),
    );
    expect(failure).toMatchObject({ kind: 'crash', name: 'HandlerKilled' });
  });

  it('holds memory outside its heap', async () => {
    const settings = { resources: { ...SETTINGS.resources, memory: 200 * 2 ** 20 } };
    const body = `const kept = []; for (let i = 0; i < 40; i++) { kept.push(Buffer.alloc(16 << 20, 1)); await new Promise((r) => setTimeout(r, 50)); } return {};`;
    const failure = await failureOf(run(body, { settings }));
    expect(failure).toMatchObject({ kind: 'crash', name: 'OutOfMemory' });
    expect(failure.message).toContain('processes held');
  });

  it('is given an input, or gives an output, that breaks the contract', async () => {
    const schemas = { input: 'z.object({ n: z.number() })', output: 'z.object({ n: z.number() })' };
    const bad = await failureOf(run('return { n: 1 };', { schemas, input: { n: 'one' }, path: 'bad-input' }));
    expect(bad).toMatchObject({ kind: 'contract', retryable: false });
    expect(bad.message).toContain(`The input of task 'bad-input' breaks the contract of step 'work': n: `);
    const wrong = await failureOf(run(`return { n: 'one' };`, { schemas, input: { n: 1 } }));
    expect(wrong).toMatchObject({ kind: 'contract', retryable: false });
    expect(wrong.message).toContain('The output of task');
  });

  it.each([
    ['a function', 'return { deep: { f: () => 1 } };', '$.deep.f'],
    ['a date', 'return { when: new Date(0) };', 'a Date at $.when'],
    ['NaN', 'return { x: [0, NaN] };', 'NaN at $.x[1]'],
    ['a circle', 'const a = {}; a.a = a; return { a };', '$.a.a'],
    ['a bigint', 'return { big: 1n };', 'a bigint at $.big'],
  ])('gives %s, which JSON cannot say', async (_, body, place) => {
    const failure = await failureOf(run(body));
    expect(failure).toMatchObject({ kind: 'contract', retryable: false });
    expect(failure.message).toContain(place);
  });

  it('names an artifact that is not in the store', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const made = { artifact: 'file', digest, uri: 'file:///nowhere', size: 1, metadata: {} };
    const failure = await failureOf(run(`return { made: ${JSON.stringify(made)} };`));
    expect(failure).toMatchObject({ kind: 'contract', name: 'UnknownArtifact' });
  });

  it('gives more than travels between tasks', async () => {
    const failure = await failureOf(run(`return { text: 'x'.repeat(2 << 20) };`));
    expect(failure).toMatchObject({ kind: 'contract', name: 'OutputTooBig', retryable: false });
  });

  it('reads an artifact that is gone', async () => {
    const source = join(fixture.home, 'gone.txt');
    await writeFile(source, 'soon gone');
    const gone = await fixture.stores.artifacts.put('file', source, {});
    await rm(fileURLToPath(gone.uri));
    const failure = await failureOf(run('await task.read(input.gone); return {};', { input: { gone } }));
    expect(failure).toMatchObject({ kind: 'environment', name: 'ArtifactError', retryable: false });
  });
});

describe('code that a worker cannot run', () => {
  it('is of a package that nobody knows', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const failure = await failureOf(runTask(fixture.host, dispatchOf({ kind: 'package', digest })));
    expect(failure).toMatchObject({ kind: 'environment', name: 'CodeUnavailable', retryable: false });
  });

  it.each([
    ['NoSpace', Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })],
    ['ArtifactError', new ArtifactError('unavailable', 'The bucket does not answer.')],
  ])('has no room or no store for it just now: %s', async (name, error) => {
    const host = createTaskHost({ ...fixture.settings, getPackage: () => Promise.reject(error) });
    const failure = await failureOf(runTask(host, dispatchOf({ kind: 'package', digest: `sha256:${'b'.repeat(64)}` })));
    expect(failure).toMatchObject({ kind: 'worker', name, retryable: true });
    expect(isWorkersOwn(failure)).toBe(true);
    await host.close();
  });

  it('fails while it is loaded', async () => {
    const { digest } = await fixture.packageOf(`throw new Error('at the top');`);
    const failure = await failureOf(runTask(fixture.host, dispatchOf({ kind: 'package', digest })));
    expect(failure).toMatchObject({ kind: 'environment', name: 'CodeLoadError' });
    expect(failure.message).toContain('at the top');
  });

  it('asks for more than the worker has', async () => {
    const settings = { resources: { ...SETTINGS.resources, memory: 2 ** 40 } };
    const failure = await failureOf(run('return {};', { settings, path: 'greedy' }));
    expect(failure).toMatchObject({ kind: 'environment', name: 'NoCapacity', retryable: false });
    expect((await attemptsOf('greedy'))[0]).toMatchObject({ status: 'failed' });
  });
});
