import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { millrace } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const UPSTREAM = resolve('test/support/scheduled-pipeline.suite.ts');
const CHAINED = resolve('test/support/chained-pipeline.suite.ts');

let folder = '';
let system: EmbeddedSystem;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-triggers-'));
  system = await startEmbedded(join(folder, 'home'));
  await ended(system.client(), await system.submit(CHAINED, { run: 'first' }));
});
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function triggers(...words: string[]): Promise<string> {
  const { code, out, err } = await millrace('triggers', ...words, '--home', system.home);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${err}`);
  return out;
}

const firings = async (name: string) => (await system.client().firings(name)).items;
const upstream = () => system.submit(UPSTREAM, { folder });

describe('two pipelines', () => {
  it('run one after the other, the second with the run of the first', async () => {
    const on = ['--on', 'runEnded', '--of', 'scheduled', '--bind', 'run=event.run'];
    const made = await triggers('create', 'chain', 'chained', ...on, '--where', "eq(event.status, 'succeeded')");
    expect(made).toContain('when: a run of scheduled ended as succeeded');
    const first = await upstream();
    const [fired] = await until('it has fired', async () => (await firings('chain')).length > 0 && firings('chain'));
    expect(fired).toMatchObject({ outcome: 'started', key: expect.stringContaining(`runEnded:${first}:`) });
    const { run } = await ended(system.client(), fired?.runId ?? '');
    expect(run).toMatchObject({ status: 'succeeded', output: { after: first } });
    expect(await triggers('history', 'chain')).toContain(`${fired?.runId}`);
  });

  it('do so once, though the API is killed when the first has ended', async () => {
    const run = await upstream();
    await ended(system.client(), run);
    await system.kill('api');
    const own = async () => {
      const all = await firings('chain').catch(() => []);
      return all.filter(({ key }) => key.startsWith(`runEnded:${run}:`));
    };
    await until('it has fired', async () => (await own()).length > 0);
    const [fired] = await own();
    expect(fired).toMatchObject({ outcome: 'started' });
    await ended(system.client(), fired?.runId ?? '');
    const { items } = await system.client().runs({ pipeline: 'chained', limit: 1_000 });
    expect(items.filter(({ params }) => params.run === run)).toHaveLength(1);
  });

  it('do not while the trigger is paused, and say so', async () => {
    await triggers('pause', 'chain', '--note', 'enough');
    const run = await upstream();
    const paused = await until('it is written down', async () =>
      (await firings('chain')).find(({ key }) => key.startsWith(`runEnded:${run}:`)),
    );
    expect(paused).toMatchObject({ outcome: 'paused', runId: null, reason: 'enough' });
    await triggers('delete', 'chain');
    expect(await triggers('list')).toContain('No triggers');
  });
});

describe('the trigger of a file', () => {
  it('starts the version in the file once it is applied, and stays as it is when it is applied again', async () => {
    expect(await triggers('apply', CHAINED)).toMatch(/from-file\s+created/);
    const run = await upstream();
    const [fired] = await until(
      'it has fired',
      async () => (await firings('from-file')).length > 0 && firings('from-file'),
    );
    expect(await ended(system.client(), fired?.runId ?? '')).toMatchObject({
      run: { status: 'succeeded', output: { after: run } },
    });
    expect(await triggers('apply', CHAINED)).toMatch(/from-file\s+unchanged/);
    await triggers('delete', 'from-file');
  });
});
