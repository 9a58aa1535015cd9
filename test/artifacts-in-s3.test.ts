import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inferLine } from '../cli/demo/infer-line.ts';
import { artifactsIn } from '../ir/artifact.ts';
import type { RunDetail } from '../server/client.ts';
import { NO_S3, onS3, S3_CREDENTIALS, useS3 } from '../store/testing/s3-places.ts';
import { millraceIn } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { fewFlights, writeFlights } from './support/flights-example.ts';
import { outputDigests, statuses } from './support/run-facts.ts';

vi.setConfig({ testTimeout: 180_000 });

const PIPELINE = 'examples/flights/pipeline.ts';

describe.skipIf(NO_S3 !== null)(`a system whose artifacts are in ${onS3}`, () => {
  const s3 = useS3();
  let folder = '';
  let bucket = '';
  let env: NodeJS.ProcessEnv = {};
  let system: EmbeddedSystem;
  let first: RunDetail;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-in-s3-'));
    await writeFlights(join(folder, 'flights.parquet'), 30);
    const place = await s3.newPlace();
    bucket = place.bucket;
    env = { MILLRACE_ARTIFACTS: artifactsAt(bucket) };
    system = await startEmbedded(join(folder, 'home'), env);
  });
  afterAll(async () => {
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const artifactsAt = (name: string) => `s3://${name}/ml?endpoint=${s3.server().endpoint}&pathStyle=true`;
  const params = (database: string) => fewFlights(join(folder, 'flights.parquet'), join(folder, database));
  const run = async (database: string) => ended(system.client(), await system.submit(PIPELINE, params(database)));
  const objectsIn = async (family: string) => {
    const entries = await readdir(s3.server().pathOf(bucket, `ml/default/${family}`), {
      ...{ recursive: true, withFileTypes: true },
    });
    return entries.filter((entry) => entry.isFile()).length;
  };
  const uris = ({ tasks }: RunDetail) => artifactsIn(tasks.map(({ output }) => output)).map(({ uri }) => uri);

  it('runs a pipeline from data to a served model, and keeps nothing of it elsewhere', async () => {
    first = await run('first.duckdb');
    expect(first.run).toMatchObject({ status: 'succeeded', error: null });
    expect(new Set(uris(first).map((uri) => uri.split('/').slice(0, 5).join('/')))).toEqual(
      new Set([`s3://${bucket}/ml/default`]),
    );
    expect(await readdir(system.home)).not.toContain('artifacts');
    for (const family of ['files', 'folders', 'blobs', 'payloads']) expect(await objectsIn(family)).toBeGreaterThan(0);
    const { urls } = await system.record();
    expect(await inferLine(urls.serving, 'flight-delays', {})).toMatchObject({ answer: expect.stringContaining('[') });
  });

  it('takes the second run from the cache', async () => {
    const second = await run('first.duckdb');
    expect(second.run.status).toBe('succeeded');
    const isCached = { fitTransform: 'cached', 'trials[0]/train': 'cached', 'trials[1]/train': 'cached' };
    expect(statuses(second)).toMatchObject(isCached);
  });

  it('serves what it served when it comes up again, from its cache or the bucket', async () => {
    await system.stop();
    await rm(join(system.home, 'artifact-cache'), { recursive: true });
    system = await startEmbedded(system.home, env);
    const { urls } = await system.record();
    await vi.waitFor(async () => expect(await inferLine(urls.serving, 'flight-delays', {})).not.toBeNull(), {
      timeout: 60_000,
      interval: 100,
    });
  });

  it('shows no credentials in its logs, records and histories', async () => {
    const entries = await readdir(system.home, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('artifact-cache'));
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['workers.log', 'temporal.db']));
    for (const { parentPath, name } of files) {
      // Journals of a system that is up come and go.
      const content = await readFile(join(parentPath, name), 'latin1').catch(() => '');
      expect(content.includes(S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY), name).toBe(false);
    }
  });

  it('is what a run without Temporal uses, too, with the same digests', async () => {
    const words = Object.entries(params('local.duckdb')).map(([name, value]) => `${name}=${value}`);
    const place = ['--home', join(folder, 'local'), '-o', 'json'];
    const { code, out, err } = await millraceIn(env, 'run', PIPELINE, ...words, '--local', ...place);
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    const local = JSON.parse(out) as RunDetail;
    expect(outputDigests(local)).toEqual(outputDigests(first));
    expect(uris(local)).toEqual(expect.arrayContaining([expect.stringMatching(/^s3:/)]));
  });

  it('is tried by doctor', async () => {
    const found = await millraceIn(env, 'doctor', '--home', join(folder, 'doctor'));
    expect(found.out).toContain(`s3://${bucket}/ml can be written and read`);
    const MILLRACE_ARTIFACTS = artifactsAt('nowhere');
    const none = await millraceIn({ MILLRACE_ARTIFACTS }, 'doctor', '--home', join(folder, 'doctor'));
    expect([none.code, none.out]).toEqual([3, expect.stringContaining("there is no bucket 'nowhere'. Make it, or")]);
  });

  it('does not come up without its bucket, and says why', async () => {
    const MILLRACE_ARTIFACTS = artifactsAt('nowhere');
    const up = ['up', '--home', join(folder, 'none'), '--port', '0', '--serving-port', '0', '--temporal-port', '0'];
    const { code, err } = await millraceIn({ MILLRACE_ARTIFACTS }, ...up);
    expect([code, err]).toEqual([3, expect.stringContaining("s3://nowhere/ml: there is no bucket 'nowhere'.")]);
    const wrong = await millraceIn({ MILLRACE_ARTIFACTS: '/srv/artifacts' }, ...up);
    expect([wrong.code, wrong.err]).toEqual([
      3,
      expect.stringContaining('MILLRACE_ARTIFACTS is no address of the form'),
    ]);
  });
});
