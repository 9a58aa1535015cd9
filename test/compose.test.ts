import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DYNAMIC_CONFIG } from '../cli/system/temporal-arguments.ts';
import { temporalSettings } from '../platform/temporal-settings.ts';
import { serverSettings } from '../server/server-settings.ts';
import { servingSettings } from '../serving/serving-settings.ts';
import { storeSettings } from '../store/open-stores.ts';
import { VERSITYGW } from '../store/testing/versitygw.ts';
import { deploymentName, workerSettings } from '../workers/settings.ts';
import {
  composeDocument,
  imageEntrypoint,
  imageEnvironment,
  ownServices,
  readCompose,
} from './support/compose-file.ts';
import { findComposeSchema } from './support/compose-schema.ts';

const found = await findComposeSchema();
const { services, secrets, volumes } = readCompose();
const all = Object.entries(services);
const own = ownServices();

/** What each entry point reads of its environment. */
const READERS: Readonly<Record<string, readonly ((env: NodeJS.ProcessEnv) => unknown)[]>> = {
  'dist/server/main.js': [storeSettings, serverSettings],
  'dist/serving/main.js': [storeSettings, (env) => servingSettings(env, storeSettings(env))],
  'dist/workers/main.js': [storeSettings, (env) => workerSettings(env, ''), temporalSettings],
  'dist/workers/make-current.js': [deploymentName, temporalSettings],
};
/** Read when a connection is made: by the AWS SDK, and of the store's settings. */
const READ_LATER = ['AWS_SHARED_CREDENTIALS_FILE'];

describe('docker-compose.yml', () => {
  it.skipIf(found.schema === null)(
    `is what the Compose specification allows${found.schema === null ? ` (skipped: ${found.reason})` : ''}`,
    () => {
      const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(
        found.schema ?? {},
      );
      expect([validate(composeDocument()), validate.errors]).toEqual([true, null]);
      const broken = { services: { api: { image: 'millrace', port: ['7420:7420'] } } };
      expect(validate(broken)).toBe(false);
    },
  );

  it('names only services, volumes and secrets that it has', () => {
    for (const [name, service] of all) {
      for (const other of Object.keys(service.depends_on)) expect(services, name).toHaveProperty(other);
      for (const secret of service.secrets) expect(Object.keys(secrets), name).toContain(secret);
      const read = JSON.stringify(service).matchAll(/\/run\/secrets\/([\w-]+)/g);
      for (const [, secret] of read) expect(service.secrets, name).toContain(secret);
      for (const volume of service.volumes) {
        const [source = ''] = volume.split(':');
        expect(source.startsWith('./') ? existsSync(source) : source in volumes, `${name}: ${volume}`).toBe(true);
      }
    }
  });

  it('waits for health only where there is a check, and for an end only where one ends', () => {
    for (const [name, { depends_on }] of all) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const service = services[other];
        if (condition === 'service_healthy') expect(service?.healthcheck, `${name} waits for ${other}`).toBeDefined();
        if (condition === 'service_completed_successfully') expect(service?.restart).toMatch(/^on-failure/);
      }
    }
  });

  it('holds every service down to what it needs', () => {
    for (const [name, service] of all) {
      expect(service.security_opt, name).toEqual(['no-new-privileges:true']);
      expect(service.cap_drop, name).toEqual(['ALL']);
      expect(service.mem_limit, name).toMatch(/^\d+[mg]$/);
      expect(service.image, name).toMatch(/:(v?\d+(\.\d+)+|\$\{MILLRACE_\w+:-0\.1\.0\})(-\w+)?$/);
    }
    for (const [name, service] of own) expect([name, service.read_only, service.init]).toEqual([name, true, true]);
  });

  it('lets in from this machine alone, to API and serving alone', () => {
    const published = all.flatMap(([name, { ports }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([
      ['api', '127.0.0.1:7420:7420'],
      ['serving', '127.0.0.1:7430:7430'],
    ]);
  });

  it('has its image, version and program from the same places', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    for (const [name, { image, build }] of own) {
      expect(image, name).toContain(`:-${version}}`);
      expect(build === undefined, name).toBe(name === 'worker-control-previous');
      if (build !== undefined) expect(existsSync(join(build.context, build.dockerfile)), name).toBe(true);
    }
  });

  it('starts the S3 server that the tests know, where its image has it', () => {
    expect(services.s3?.image).toBe(`versity/versitygw:${VERSITYGW.version}`);
    expect(services.s3?.command?.join('\n')).toContain(`exec ${VERSITYGW.pathInImage} `);
  });

  it('has its secrets made, for containers to read under whatever umask, and kept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-made-'));
    const make = () =>
      execFileSync('sh', ['-c', 'umask 077; exec "$0" deploy/make-secrets.js "$1"', process.execPath, folder]);
    const modes = async () => {
      const names = (await readdir(folder)).sort();
      return Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).mode & 0o777]));
    };
    const made = Object.keys(secrets)
      .sort()
      .map((name) => [name, 0o644]);
    make();
    expect([await modes(), (await stat(folder)).mode & 0o777]).toEqual([made, 0o700]);
    const before = readFileSync(join(folder, 'secrets-key'), 'utf8');
    await chmod(join(folder, 'secrets-key'), 0o600);
    make();
    expect([await modes(), readFileSync(join(folder, 'secrets-key'), 'utf8')]).toEqual([made, before]);
    await rm(folder, { recursive: true, force: true });
  });

  it('takes retention and the bound of the caches from whoever starts it', () => {
    const text = readFileSync('docker-compose.yml', 'utf8');
    for (const name of ['MILLRACE_RETENTION', 'MILLRACE_ARTIFACT_CACHE_BYTES']) {
      expect(text).toContain(`${name}: \${${name}:-}`);
    }
    expect(services.api?.environment).toHaveProperty('MILLRACE_RETENTION');
    for (const [name, { environment }] of own.filter(([, { secrets }]) => secrets.includes('s3-credentials'))) {
      expect(environment, name).toHaveProperty('MILLRACE_ARTIFACT_CACHE_BYTES');
    }
  });

  it('has the same folder of data wherever a path is read', () => {
    for (const [name, { volumes }] of own.filter(([, { command }]) => /(server|workers)\/main/.test(`${command}`)))
      expect(volumes, name).toContainEqual(expect.stringMatching(/^\.\/deploy\/data:\/data(:ro)?$/));
  });

  it('gives Temporal the settings of the one that `millrace up` starts', () => {
    const knobs = parse(readFileSync('deploy/temporal-dynamic-config.yaml', 'utf8')) as Record<
      string,
      [{ value: unknown }]
    >;
    const texts = Object.entries(knobs).map(([name, [{ value }]]) => `${name}=${JSON.stringify(value)}`);
    expect(texts).toEqual(DYNAMIC_CONFIG);
  });
});

describe.each(own)('the service %s', (_, service) => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-compose-'));
    for (const secret of service.secrets) await writeFile(join(folder, secret), 'of-24-characters-or-more');
    await mkdir(join(folder, 'home'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('starts what is there', () => {
    expect(imageEntrypoint()).toEqual(['node', '--enable-source-maps']);
    const [script = '', ...more] = service.command ?? [];
    expect([Object.keys(READERS), more]).toEqual([expect.arrayContaining([script]), []]);
    expect(existsSync(script), `${script}: npm run build makes it`).toBe(true);
    if (service.healthcheck === undefined) return;
    const [kind, program, check = ''] = service.healthcheck.test;
    expect([kind, program, existsSync(check)]).toEqual(['CMD', 'node', true]);
    expect(readFileSync('deploy/Dockerfile', 'utf8')).toContain(`COPY ${check} ${check}`);
  });

  it('sets nothing that its program does not read, and no secret', () => {
    const read = new Set<string>(READ_LATER);
    const set = { ...imageEnvironment(), ...service.environment };
    const values = Object.entries(set).map(([name, value]) => [name, value.replace('/run/secrets/', `${folder}/`)]);
    const env = new Proxy(Object.fromEntries(values) as NodeJS.ProcessEnv, {
      get: (target, name) => {
        read.add(String(name));
        return target[String(name)];
      },
    });
    for (const reader of READERS[service.command?.[0] ?? ''] ?? []) reader(env);
    expect(Object.keys(service.environment).filter((name) => !read.has(name))).toEqual([]);
    for (const [name, value] of Object.entries(service.environment)) {
      if (/TOKEN|PASSWORD|SECRET|KEY/.test(name))
        expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), value]);
      expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/);
    }
  });

  it('asks for the health of the port that it listens on', () => {
    const url = service.healthcheck?.test.at(-1);
    if (url === undefined) return;
    const ports = Object.entries(service.environment).filter(([name]) => name.endsWith('_PORT'));
    expect(ports.map(([, port]) => port)).toEqual([new URL(url).port]);
  });
});
