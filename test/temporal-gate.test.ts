import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Check } from '../cli/doctor/check.ts';
import { commandEnv, millraceIn } from './support/command-line.ts';
import { type EmbeddedSystem, ended, startEmbedded } from './support/embedded-system.ts';
import { LEDGER_PIPELINE, newLedger } from './support/ledger.ts';
import { startProcess } from './support/part-processes.ts';
import { ownNamespace } from './support/temporal-driver.ts';
import { GATE_NAME, openTemporalGate, type TemporalGate } from './support/temporal-gate.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const API_KEY = 'key-of-a-cluster-1f0c';

/** A cluster as one finds it: with TLS, which asks for a client's certificate, and an API key. */
describe('a Temporal behind TLS and an API key', () => {
  let folder = '';
  let gate: TemporalGate;
  let namespace = '';
  let system: EmbeddedSystem;
  let env: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-gated-'));
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    namespace = await ownNamespace(connection);
    await connection.close();
    gate = await openTemporalGate(inject('temporalAddress'), API_KEY);
    await writeFile(join(folder, 'api-key'), `${API_KEY}\n`);
    env = {
      TEMPORAL_ADDRESS: gate.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: gate.ca,
      TEMPORAL_TLS_SERVER_NAME: GATE_NAME,
      TEMPORAL_TLS_CLIENT_CERT_PATH: gate.client.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: gate.client.key,
      TEMPORAL_API_KEY_FILE: join(folder, 'api-key'),
    };
    system = await startEmbedded(join(folder, 'home'), env);
  });
  afterAll(async () => {
    await system?.stop();
    await gate?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const doctor = async (changed: Readonly<Record<string, string>>): Promise<Check | undefined> => {
    const { out, err } = await millraceIn(
      { ...env, ...changed },
      'doctor',
      '--home',
      join(folder, 'other'),
      '-o',
      'json',
    );
    expect(err).toBe('');
    return (JSON.parse(out) as { checks: readonly Check[] }).checks.find(({ name }) => name === 'Temporal');
  };
  const workerSays = async (changed: Readonly<Record<string, string>>): Promise<string> => {
    const all = { ...commandEnv(), ...env, ...changed, MILLRACE_HOME: join(folder, 'worker'), MILLRACE_QUEUES: 'cpu' };
    const worker = startProcess([process.execPath, resolve('dist/workers/main.js')], all, folder);
    expect(await worker.ended()).toBe(1);
    return worker.output();
  };

  it('runs a pipeline by it: API, workers and interpreter bring certificate and key', async () => {
    const { folder: place } = await newLedger(folder);
    const runId = await system.submit(LEDGER_PIPELINE, { folder: place });
    expect((await ended(system.client(), runId)).run).toMatchObject({ status: 'succeeded', error: null });
    expect(new Set(gate.keys)).toEqual(new Set([`Bearer ${API_KEY}`]));
  });

  it('is found by doctor', async () => {
    const found = `the server at ${gate.address} (TEMPORAL_ADDRESS), namespace ${namespace}, TLS, an API key, answers`;
    expect(await doctor({})).toEqual({ name: 'Temporal', status: 'ok', found, cure: null });
  });

  it.each([
    ['a server that another authority vouches for', () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: gate.stranger.cert })],
    ['a server of another name', () => ({ TEMPORAL_TLS_SERVER_NAME: 'elsewhere.internal' })],
    [
      'a client that the server does not know',
      () => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: gate.stranger.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: gate.stranger.key }),
    ],
    ['a client without a certificate', () => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' })],
  ])('says that there is no secure connection to %s', async (_, changed) => {
    const what = `There is no secure connection to Temporal at ${gate.address} (`;
    const check = await doctor(changed());
    expect(check).toMatchObject({ status: 'missing', found: expect.stringContaining(what) });
    expect(check?.cure).toContain('Look at TEMPORAL_TLS_SERVER_CA_CERT_PATH');
    expect(await workerSays(changed())).toContain(what);
  });

  it('says that a wrong key is not let in', async () => {
    const changed = { TEMPORAL_API_KEY_FILE: '', TEMPORAL_API_KEY: 'another' };
    const what = `Temporal at ${gate.address} does not let this client into namespace '${namespace}'.`;
    expect(await doctor(changed)).toMatchObject({ status: 'missing', found: expect.stringContaining(what) });
    expect(await workerSays(changed)).toContain(`${what} Look at TEMPORAL_API_KEY`);
  });

  it('says that there is no such namespace, and how to make it', async () => {
    const changed = { TEMPORAL_NAMESPACE: 'nowhere' };
    const what = `Temporal at ${gate.address} has no namespace 'nowhere'.`;
    const cure = expect.stringContaining('temporal operator namespace create nowhere');
    expect(await doctor(changed)).toMatchObject({ status: 'missing', found: expect.stringContaining(what), cure });
    expect(await workerSays(changed)).toContain(what);
  });

  it('says which setting is wrong before it asks anybody', async () => {
    const half = await doctor({ TEMPORAL_TLS_CLIENT_KEY_PATH: '' });
    expect(half?.found).toContain('set TEMPORAL_TLS_CLIENT_KEY_PATH');
    const file = await doctor({ TEMPORAL_API_KEY_FILE: join(folder, 'nothing') });
    expect(file?.found).toContain(
      `TEMPORAL_API_KEY_FILE names ${join(folder, 'nothing')}, which cannot be read (ENOENT)`,
    );
    expect(await workerSays({ TEMPORAL_CONFIG_FILE: join(folder, 'nothing.toml') })).toContain('there is no such file');
  });

  it('is reached by a profile of a file, too', async () => {
    const lines = [
      '[profile.cluster]',
      `address = "${gate.address}"`,
      `namespace = "${namespace}"`,
      `api_key = "${API_KEY}"`,
      '[profile.cluster.tls]',
      `server_name = "${GATE_NAME}"`,
      `server_ca_cert_path = "${gate.ca}"`,
      `client_cert_path = "${gate.client.cert}"`,
      `client_key_path = "${gate.client.key}"`,
    ];
    const file = join(folder, 'temporal.toml');
    await writeFile(file, lines.join('\n'));
    const unset = Object.fromEntries(Object.keys(env).map((name) => [name, '']));
    const check = await doctor({ ...unset, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cluster' });
    expect(check).toMatchObject({
      status: 'ok',
      found: expect.stringContaining(`namespace ${namespace}, TLS, an API key`),
    });
  });

  it('leaves its key in no log and record', async () => {
    const files = await readdir(system.home, { recursive: true, withFileTypes: true });
    const texts = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    expect(texts.map((file) => file.slice(system.home.length + 1))).toEqual(
      expect.arrayContaining(['logs/api.log', 'logs/workers.log', 'system.json']),
    );
    for (const file of texts) {
      const text = await readFile(file, 'latin1').catch(() => '');
      expect(text.includes(API_KEY), file).toBe(false);
    }
  });
});
