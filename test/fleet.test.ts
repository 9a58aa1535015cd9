import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { inferLine } from '../cli/demo/infer-line.ts';
import { type ApiClient, createClient, type RunDetail } from '../server/client.ts';
import { findPostgres } from '../store/testing/postgres-server.ts';
import { findVersitygw } from '../store/testing/versitygw.ts';
import { millraceIn } from './support/command-line.ts';
import { ended } from './support/embedded-system.ts';
import { type Fleet, startFleet } from './support/fleet.ts';
import { fewFlights, writeFlights } from './support/flights-example.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 300_000 });

const PIPELINE = 'examples/flights/pipeline.ts';
const s3 = await findVersitygw();
const lacks = findPostgres() === null ? 'no PostgreSQL here' : s3.binary === null ? s3.reason : null;

describe.skipIf(lacks !== null)(
  `the fleet of docker-compose.yml${lacks === null ? '' : ` (skipped: ${lacks})`}`,
  () => {
    let fleet: Fleet;
    let client: ApiClient;
    let env: NodeJS.ProcessEnv = {};
    let params: readonly string[] = [];
    beforeAll(async () => {
      fleet = await startFleet(inject('temporalBinary'), s3.binary ?? '');
      const source = join(fleet.folder, 'flights.parquet');
      await writeFlights(source, 30);
      params = Object.entries(fewFlights(source, join(fleet.folder, 'delays.duckdb'))).map((pair) => pair.join('='));
      await fleet.start('api');
      await fleet.start('worker-control');
      const { code, said } = await fleet.runOnce('worker-version');
      expect([code, said]).toEqual([0, expect.stringMatching(/^New runs begin on millrace, build [0-9a-f]{16}\.\n$/)]);
      await fleet.start('worker-cpu');
      await fleet.start('serving');
      const token = (await readFile(fleet.secret('api-token'), 'utf8')).trim();
      client = createClient(fleet.url('api'), 'default', token);
      env = {
        MILLRACE_API_URL: fleet.url('api'),
        MILLRACE_API_TOKEN_FILE: fleet.secret('api-token'),
        MILLRACE_HOME: join(fleet.folder, 'desk'),
      };
    });
    afterAll(() => fleet?.stop());

    const predicts = () =>
      vi.waitFor(
        async () =>
          expect(await inferLine(fleet.url('serving'), 'flight-delays', {})).toMatchObject({
            answer: expect.stringContaining('['),
          }),
        { timeout: 60_000, interval: 200 },
      );

    it('lets nobody in without the token, and says what to do', async () => {
      const none = await millraceIn({ ...env, MILLRACE_API_TOKEN_FILE: '' }, 'runs', 'list');
      expect([none.code, none.err]).toEqual([2, expect.stringContaining('takes requests with its token only.')]);
      expect(none.err).toContain('Set MILLRACE_API_TOKEN_FILE');
      const wrong = await millraceIn(
        { ...env, MILLRACE_API_TOKEN_FILE: '', MILLRACE_API_TOKEN: 'x'.repeat(48) },
        'runs',
      );
      expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('This is not the token of this API.')]);
    });

    it('runs a pipeline from data to a served model, which answers', async () => {
      const { code, out, err } = await millraceIn(env, 'run', PIPELINE, ...params, '-o', 'json');
      expect([code, code === 0 ? '' : err]).toEqual([0, '']);
      const { run } = JSON.parse(out) as RunDetail;
      expect(run).toMatchObject({ status: 'succeeded', error: null });
      await predicts();
    });

    it('gives its tasks the secrets that are stored', async () => {
      await client.setSecret('canary-key', 'of the fleet');
      const { code, err } = await millraceIn(env, 'run', 'test/support/canary-pipeline.suite.ts', 'how=succeed');
      expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    });

    it('is looked at by `millrace doctor`', async () => {
      // Workers say every few seconds which names they have.
      const { out } = await until('workers have read the secret', async () => {
        const told = await millraceIn(env, 'doctor');
        return told.out.includes('1 stored; workers have what tasks read') ? told : null;
      });
      expect(out).toContain(`${fleet.url('api')} (MILLRACE_API_URL), project default: ready`);
      const closed = await millraceIn({ ...env, MILLRACE_API_TOKEN_FILE: '' }, 'doctor');
      expect([closed.code, closed.out]).toEqual([3, expect.stringContaining('Set MILLRACE_API_TOKEN_FILE')]);
    });

    it('ends a run as if nothing had been while each part is started again', async () => {
      const words = ['run', PIPELINE, ...params, '--cache', 'refresh', '--detach', '-o', 'json'];
      const { code, out, err } = await millraceIn(env, ...words);
      expect([code, code === 0 ? '' : err]).toEqual([0, '']);
      const { id } = (JSON.parse(out) as RunDetail).run;
      for (const service of ['worker-cpu', 'worker-control', 'api', 'serving'])
        expect([service, await fleet.restart(service)]).toEqual([service, 0]);
      expect((await ended(client, id)).run).toMatchObject({ status: 'succeeded', error: null });
      await predicts();
    });

    it('shares nothing but PostgreSQL, S3 and Temporal, and says no secret anywhere', async () => {
      expect(await readdir(join(fleet.folder, 'api/home'))).not.toContain('metadata.sqlite');
      const homes = ['api', 'worker-control', 'worker-cpu', 'serving'].map((name) => join(fleet.folder, name, 'home'));
      for (const home of homes) expect(await readdir(home)).not.toContain('artifacts');
      const credentials = await readFile(fleet.secret('s3-credentials'), 'utf8');
      const secrets = [
        await readFile(fleet.secret('api-token'), 'utf8'),
        await readFile(fleet.secret('postgres-password'), 'utf8'),
        await readFile(fleet.secret('secrets-key'), 'utf8'),
        /secret_access_key = (.*)/.exec(credentials)?.[1] ?? 'no secret key',
      ];
      expect(fleet.output()).toContain('listening');
      for (const secret of secrets) expect(fleet.output()).not.toContain(secret.trim());
    });
  },
);
