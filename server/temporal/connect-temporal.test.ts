import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { untilTemporalAnswers } from '../../cli/system/temporal-ready.ts';
import { locatePresentTemporal } from '../../cli/temporal/find-temporal.ts';
import { realSurroundings } from '../../cli/temporal/surroundings.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { freePort } from '../../platform/free-port.ts';
import { newSchedule } from '../../store/metadata/schedule-table.suite.ts';
import { openFolderPayloads } from '../../store/payloads/folder-payloads.ts';
import { connectTemporal } from './connect-temporal.ts';
import { DecisionRefused, TemporalAway, type TemporalGateway } from './temporal-gateway.ts';

const request: RunRequest = {
  project: 'default',
  runId: 'r1',
  pipeline: 'p',
  compiledDigest: 'sha256:0',
  params: { rows: 1 },
  logicalTime: null,
  partition: null,
  retryOf: null,
  rerunFrom: [],
};
const source = await locatePresentTemporal({ ...realSurroundings(process.env, () => {}) });
const binary = source?.kind === 'binary' ? source.path : null;

/** Against a real dev server, in memory and without workers; left out where none is installed or cached. */
describe.skipIf(binary === null)('the gateway to Temporal', () => {
  let server: ChildProcess;
  let gateway: TemporalGateway;
  let address = '';
  let home = '';
  beforeAll(async () => {
    const port = await freePort();
    address = `127.0.0.1:${port}`;
    const args = [
      'server',
      'start-dev',
      '--headless',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--log-level',
      'error',
    ];
    server = spawn(binary ?? '', args, { stdio: 'ignore' });
    await untilTemporalAnswers(address, 'default', AbortSignal.timeout(50_000));
    home = await mkdtemp(join(tmpdir(), 'millrace-gateway-'));
    const payloads = await openFolderPayloads({ root: home, project: 'default' });
    gateway = connectTemporal({ address, namespace: 'default', mark: null, connection: { address } }, payloads);
  });
  afterAll(async () => {
    await gateway?.close();
    server?.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });

  it('starts a run once, whether its first workflow still runs or has ended', async () => {
    await gateway.check();
    await gateway.startRun('default/run/r1', request);
    const connection = await Connection.connect({ address });
    const handle = new Client({ connection }).workflow.getHandle('default/run/r1');
    const first = await handle.describe();
    expect(first).toMatchObject({ type: 'millraceRun', taskQueue: 'millrace', status: { name: 'RUNNING' } });
    await gateway.startRun('default/run/r1', request);
    await handle.terminate();
    await gateway.startRun('default/run/r1', request);
    const last = await handle.describe();
    expect([last.runId, last.status.name]).toEqual([first.runId, 'TERMINATED']);
    await connection.close();
  });

  it('sends large parameters by reference', async () => {
    await gateway.startRun('default/run/large', {
      ...request,
      runId: 'large',
      params: { text: 'x'.repeat(3_000_000) },
    });
    expect(await gateway.describe('default/run/large')).toEqual({ closing: null, closedAt: null });
  });

  it('knows when the oldest workflow of a project began, and what workflows and schedules were given', async () => {
    expect(await gateway.knownPayloads('other')).toEqual({ oldest: null, payloads: new Set() });
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    const text = 'y'.repeat(10_000);
    await gateway.startRun('other/run/r5', { ...request, project: 'other', params: { text } });
    const schedule = {
      ...newSchedule('nightly', { params: { text: 'z'.repeat(10_000) } }),
      generation: 1,
      updatedAt: 1,
    };
    await gateway.schedules.apply('other', schedule);
    const known = async () => {
      const { oldest, payloads } = await gateway.knownPayloads('other');
      return oldest !== null && payloads.size === 2 ? { oldest, payloads } : null;
    };
    // Temporal lists what began a moment later.
    const { oldest, payloads } = await vi.waitUntil(known, { timeout: 20_000, interval: 200 });
    expect(oldest).toBeGreaterThanOrEqual(before);
    const stored = await openFolderPayloads({ root: home, project: 'default' });
    for (const digest of payloads) expect(Buffer.from(await stored.get(digest)).toString()).toMatch(/y{9}|z{9}/);
    expect(await gateway.knownPayloads('other')).toEqual({ oldest, payloads });
  });

  it('tells an order that reached a run from one that found none', async () => {
    await gateway.startRun('default/run/r2', request);
    expect(await gateway.order('default/run/r2', { kind: 'unpause' })).toBe(true);
    expect(await gateway.order('default/run/nowhere', { kind: 'unpause' })).toBe(false);
  });

  it('ends a workflow that no worker carries on, once', async () => {
    await gateway.startRun('default/run/r4', request);
    expect(await gateway.terminate('default/run/r4', 'now')).toBe(true);
    expect(await gateway.describe('default/run/r4')).toMatchObject({ closing: 'terminated' });
    expect(await gateway.terminate('default/run/r4', 'now')).toBe(false);
    expect(await gateway.order('default/run/r4', { kind: 'unpause' })).toBe(false);
  });

  it('tells how a workflow was closed, and one that goes on from one that it does not know', async () => {
    await gateway.startRun('default/run/r3', request);
    expect(await gateway.describe('default/run/r3')).toEqual({ closing: null, closedAt: null });
    const connection = await Connection.connect({ address });
    await new Client({ connection }).workflow.getHandle('default/run/r3').terminate();
    await connection.close();
    const closed = { closing: 'terminated', closedAt: expect.any(Number) };
    expect(await gateway.describe('default/run/r3')).toEqual(closed);
    expect(await gateway.describe('default/run/nowhere')).toBeNull();
  });

  it('says that a decision was refused when there is no such run', async () => {
    const answer = { path: 'sign', approved: true, form: null, by: 'ada', roles: [] };
    await expect(gateway.decide('default/run/nowhere', answer)).rejects.toBeInstanceOf(DecisionRefused);
  });

  it('says that Temporal is away once it is', async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
    await expect(gateway.check()).rejects.toBeInstanceOf(TemporalAway);
    await expect(gateway.check()).rejects.toThrow(`Temporal at ${address} does not answer (`);
  });
});
