import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { envSecrets } from '../../store/secrets/env-secrets.ts';
import {
  dispatchOf,
  failureOf,
  type HostFixture,
  logOf,
  openHost,
  RUN,
  runTask,
  stepModule,
} from './task-host.suite.ts';

const CANARY = 'canary-5f2c8e';
const settings = { secrets: { key: { secret: 'api-key', version: null } } };

let fixture: HostFixture;
beforeAll(async () => {
  fixture = await openHost({
    secrets: envSecrets({ MILLRACE_SECRET_API_KEY: CANARY, MILLRACE_SECRET_OTHER_KEY: 'other-81d2' }),
  });
});
afterAll(() => fixture.close());

async function run(body: string, path: string, onProgress: (details: unknown) => void = () => undefined) {
  const { digest } = await fixture.packageOf(stepModule(body));
  const dispatch = dispatchOf({ kind: 'package', digest }, { path, settings });
  return runTask(fixture.host, dispatch, { onProgress });
}

/** As a header for Basic authentication holds it. */
const BASIC = Buffer.from(`user:${CANARY}:`).toString('base64');

/** Every file below the home of the stores that holds the canary, plain or in base64. */
async function filesWithCanary(): Promise<readonly string[]> {
  const entries = await readdir(fixture.home, { recursive: true, withFileTypes: true });
  const forms = [CANARY, Buffer.from(CANARY).toString('base64'), BASIC];
  const found: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name));
    if (forms.some((form) => bytes.includes(form))) found.push(entry.name);
  }
  return found;
}

it('a secret is in no log, row, heartbeat or failure, whatever the handler prints and throws', async () => {
  const told: unknown[] = [];
  const body = `
const key = task.secret('key');
task.log.info('key ' + key, { key });
console.error('whole ' + key);
process.stdout.write('cut ' + key.slice(0, 6));
await new Promise((resolve) => setTimeout(resolve, 700));
console.log(key.slice(6) + ' end');
console.log(Buffer.from(key).toString('base64'));
console.log('Basic ' + Buffer.from('user:' + key + ':').toString('base64'));
task.progress(0.5, 'with ' + key);
task.metrics({ ['measured with ' + key]: 1 });
await new Promise((resolve) => setTimeout(resolve, 1_700));
throw Object.assign(new Error('refused ' + key), { name: 'Name ' + key });`;
  const failure = await failureOf(run(body, 'leaky', (details) => told.push(details)));
  expect(failure).toMatchObject({ kind: 'handler', name: 'Name ***', message: 'refused ***' });
  expect(failure.stack).toContain('refused ***');
  expect(JSON.stringify([failure, told])).not.toContain(CANARY);
  expect(JSON.stringify(told)).toContain('with ***');
  const texts = (await logOf(fixture.stores, 'leaky')).map(({ text }) => text);
  expect(texts).toEqual(expect.arrayContaining(['key *** {"key":"***"}', 'whole ***', 'cut *** end', '***']));
  const { items: measured } = await fixture.stores.metadata.tasks.points(RUN);
  expect(measured.map(({ name }) => name)).toEqual(['measured with ***']);
  expect(await filesWithCanary()).toEqual([]);
});

it.each([
  ['an output', `return { connection: 'https://' + task.secret('key') + '@host' };`],
  [
    'an output within base64',
    `return { authorization: 'Basic ' + Buffer.from('api:' + task.secret('key')).toString('base64') };`,
  ],
  ['a checkpoint', `await task.checkpoint({ key: task.secret('key') }); return {};`],
  [
    'the metadata of an artifact',
    `await task.write('file', (path) => require('fs').writeFileSync(path, ''), { key: task.secret('key') }); return {};`,
  ],
])('a secret in %s is refused', async (what, body) => {
  const failure = await failureOf(run(body, what.replaceAll(' ', '-')));
  expect(failure).toMatchObject({ kind: 'contract', name: 'SecretInOutput', retryable: false });
  expect(failure.message).toContain(`secret 'key'`);
  expect(await filesWithCanary()).toEqual([]);
});

it('a secret is masked where a long message is cut in the midst of it', async () => {
  const body = `throw new Error('x'.repeat(16_384 - 6) + task.secret('key') + 'end');`;
  const failure = await failureOf(run(body, 'cut'));
  expect(failure.message).toContain('***');
  expect(JSON.stringify(failure)).not.toContain(CANARY.slice(0, 6));
});

it('a secret is in no log of a task with another one, whatever a task with it has left running', async () => {
  const body = `
if (input.isFirst) {
  const key = task.secret('key');
  setTimeout(() => require('node:fs').writeSync(1, key + '\\n'), 300);
} else await new Promise((resolve) => setTimeout(resolve, 600));
return { pid: process.pid };`;
  const { digest } = await fixture.packageOf(stepModule(body));
  const code = { kind: 'package', digest } as const;
  const first = await runTask(fixture.host, dispatchOf(code, { settings, input: { isFirst: true } }));
  const others = { secrets: { key: { secret: 'other-key', version: null } } };
  const second = await runTask(fixture.host, dispatchOf(code, { settings: others, path: 'of-other' }));
  expect(second).not.toEqual(first);
  expect(await logOf(fixture.stores, 'of-other')).toEqual([]);
  expect(await filesWithCanary()).toEqual([]);
  expect(await runTask(fixture.host, dispatchOf(code, { settings }))).toEqual(first);
});

it('a secret that the worker does not have is told before the handler starts', async () => {
  const { digest } = await fixture.packageOf(stepModule('return {};'));
  const secrets = { other: { secret: 'other', version: null } };
  const failure = await failureOf(
    runTask(fixture.host, dispatchOf({ kind: 'package', digest }, { settings: { secrets } })),
  );
  expect(failure).toMatchObject({ kind: 'environment', name: 'SecretMissing', retryable: false });
  expect(failure.message).toContain('MILLRACE_SECRET_OTHER');
});
