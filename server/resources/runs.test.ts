import { describe, expect, it } from 'vitest';
import { ApprovalNode } from '../../ir/nodes/approval-node.ts';
import type { RunDetail } from '../client.ts';
import type { SubmitRun } from '../schemas/run.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { problem, runRequests } from '../testing/run-requests.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
const { upload, submit } = runRequests(server);

describe('submitting a run', () => {
  it('fills defaults in, keeps a row and starts the workflow', async () => {
    const { run } = await submit('submitted', { name: 'first try' });
    expect(run).toMatchObject({
      status: 'pending',
      params: { source: 'a.csv', rows: 10 },
      submittedBy: 'ada',
      name: 'first try',
    });
    expect(run.workflowId).toBe(`default/run/${run.id}`);
    expect(temporal.started.get(run.workflowId ?? '')).toMatchObject({
      runId: run.id,
      params: { rows: 10 },
      retryOf: null,
    });
  });

  it('keeps what it is told of the cache, and gives it to the workflow; the same id with another word is refused', async () => {
    const { run } = await submit('told', { cache: 'refresh', runId: 'told' });
    expect(run.cache).toBe('refresh');
    expect(temporal.started.get(run.workflowId ?? '')).toMatchObject({ cache: 'refresh' });
    expect((await submit('told', { cache: 'refresh', runId: 'told' })).run.id).toBe('told');
    expect((await problem(submit('told', { runId: 'told' }))).code).toBe('conflict');
    expect((await submit('untold')).run.cache).toBeNull();
    expect((await problem(submit('told', { cache: 'on' as 'off' }))).code).toBe('invalidRequest');
  });

  it('names the parameter that is not known, and the one that was meant', async () => {
    const error = await problem(submit('unknown-param', { params: { source: 'a.csv', row: 5 } }));
    expect(error.code).toBe('invalidParams');
    expect(error.parts).toEqual([{ at: 'row', message: 'no such parameter; did you mean rows?' }]);
    expect(error.next).toBe('unknown-param takes rows (a whole number, at least 1, 10 unless given), source (text).');
  });

  it('names every parameter that is missing or wrong', async () => {
    const error = await problem(submit('wrong-params', { params: { rows: 0 } }));
    expect(error.parts.map((part) => part.at).sort()).toEqual(['rows', 'source']);
    expect(error.message).toContain('rows: has to be at least 1, and is 0');
  });

  it('finds the first run when the same id is sent again, and refuses the id for another', async () => {
    const first = await submit('same-id', { runId: 'my-run' });
    const again = await submit('same-id', { runId: 'my-run' });
    expect(again.run).toEqual(first.run);
    const error = await problem(submit('same-id', { runId: 'my-run', params: { source: 'b.csv' } }));
    expect(error.code).toBe('conflict');
  });

  it('finds a run that is over too, and starts nothing', async () => {
    const { run } = await submit('over', { runId: 'over' });
    const { runs } = server().stores.metadata;
    await runs.start('over', 5);
    await runs.end('over', { status: 'succeeded', output: 1, error: null, at: 9 });
    temporal.started.delete(run.workflowId ?? '');
    expect((await submit('over', { runId: 'over' })).run).toMatchObject({ status: 'succeeded', endedAt: 9 });
    expect(temporal.started.has(run.workflowId ?? '')).toBe(false);
  });

  it('says which queue nobody works on, and with which command that changes', async () => {
    const { metadata } = server().stores;
    await upload('on-gpu', 'gpu');
    const before = await server().client.submitRun({ pipeline: 'on-gpu', params: { source: 'a' } });
    expect(before.notices).toEqual([expect.stringContaining('millrace worker --queues gpu')]);
    const rest = {
      host: 'h',
      pid: 1,
      capacity: { memory: 1, cpu: 1, gpu: 1 },
      externals: {},
      details: {},
      startedAt: 0,
    };
    await metadata.workers.heartbeat({ id: 'w', queues: ['gpu'], leaseUntil: Date.now() + 60_000, ...rest });
    const after = await server().client.submitRun({ pipeline: 'on-gpu', params: { source: 'a' } });
    expect(after.notices).toEqual([]);
    expect((await server().client.workers()).items.map((worker) => worker.id)).toEqual(['w']);
  });

  it('keeps no run while Temporal is away', async () => {
    temporal.away = 'yes';
    const error = await problem(submit('while-away', { runId: 'away-run' }));
    temporal.away = 'no';
    expect(error).toMatchObject({ status: 503, code: 'temporalAway' });
    expect(error.next).toContain('run --local');
    expect((await problem(server().client.run('away-run'))).status).toBe(404);
  });

  it('keeps a run as pending when Temporal goes away in between, and starts it when it is sent again', async () => {
    temporal.away = 'onStart';
    const error = await problem(submit('gone-between', { runId: 'between' }));
    temporal.away = 'no';
    expect(error.message).toContain('between is kept as pending');
    expect(temporal.started.has('default/run/between')).toBe(false);
    await submit('gone-between', { runId: 'between' });
    expect(temporal.started.has('default/run/between')).toBe(true);
  });

  it('of a local run notes what waits for a person, for nobody can answer it', async () => {
    const ship = ApprovalNode.create({
      name: 'ship',
      after: [],
      message: null,
      form: null,
      roles: [],
      timeoutMs: 1_000,
      onTimeout: { kind: 'fail' },
    });
    const { compiled, blobs } = samplePipeline('asks', { nodes: [ship] });
    for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
    const { compiledDigest } = await server().client.addPipeline(compiled);
    const params = { source: 'a.csv' };
    const { notices } = await server().client.submitRun({ compiledDigest, params, driver: 'local' });
    expect(notices).toEqual([
      "Approval 'ship' waits for a person, and nobody can answer a local run: it fails if it gets there. Run the " +
        'pipeline without --local to decide.',
    ]);
    const durable = await server().client.submitRun({ compiledDigest, params });
    expect(durable.notices.join()).not.toContain('Approval');
  });

  it('starts nothing for a local run', async () => {
    const { run } = await submit('local', { driver: 'local' });
    expect(run).toMatchObject({ driver: 'local', workflowId: null });
    expect([...temporal.started.keys()].filter((id) => id.includes(run.id))).toEqual([]);
  });

  it('refuses a body that names no pipeline, or has unknown fields', async () => {
    expect((await problem(server().client.submitRun({}))).code).toBe('invalidRequest');
    const error = await problem(server().client.submitRun({ pipeline: 'local', parameters: {} } as SubmitRun));
    expect(error.message).toContain('parameters');
  });
});

describe('reading runs', () => {
  it('gives a run with its tasks, attempts, metrics and logs', async () => {
    const { tasks } = server().stores.metadata;
    const { run } = await submit('read');
    const shape = { step: 'load', input: null, output: { auc: 0.7 }, failure: null, cache: null, detail: {} };
    await tasks.record(run.id, [{ path: 'load', sequence: 1, kind: 'task', status: 'succeeded', at: 5, ...shape }]);
    const key = { runId: run.id, path: 'load', attempt: 1 };
    await tasks.startAttempt({ ...key, worker: 'w', queue: 'cpu', startedAt: 4 });
    await tasks.saveMetrics({ runId: run.id, path: 'load', attempt: 1 }, [{ name: 'auc', value: 0.7, step: 0 }]);
    await tasks.appendLog({ ...key, chunk: 1, lines: [{ at: 4, level: 'info', stream: 'log', text: 'hello' }] });
    const detail = await server().client.run(run.id);
    expect(detail.tasks[0]).toMatchObject({ path: 'load', status: 'succeeded', output: { auc: 0.7 } });
    expect(detail.attempts[0]).toMatchObject({ attempt: 1, worker: 'w' });
    expect(detail.metrics).toEqual([{ runId: run.id, path: 'load', name: 'auc', value: 0.7, step: 0, points: 1 }]);
    const page = await server().client.logs(run.id);
    expect(page.chunks[0]?.lines[0]?.text).toBe('hello');
    const rest = await server().client.logs(run.id, { after: page.cursor ?? '' });
    expect(rest.chunks).toEqual([]);
    await tasks.appendLog({ ...key, chunk: 2, lines: [] });
    expect((await server().client.logs(run.id, { limit: 1 })).chunks).toEqual(page.chunks);
  });

  it('leaves large values out of the detail, and gives those of one task, or of the run, by themselves', async () => {
    const { runs, tasks } = server().stores.metadata;
    const { run } = await submit('large-values');
    const output = { text: 'x'.repeat(1 << 20) };
    const shape = { step: 's', input: null, failure: null, cache: null, detail: {} };
    const path = 'trials[3]/train 100%';
    await tasks.record(run.id, [{ path, sequence: 1, kind: 'task', status: 'succeeded', at: 1, output, ...shape }]);
    await runs.end(run.id, { status: 'succeeded', output, error: null, at: 2 });
    const leftOut = { output: JSON.stringify(output).length };
    const detail = await server().client.run(run.id);
    expect(detail.run).toMatchObject({ output: null, leftOut: { ...leftOut, params: null } });
    expect(detail.tasks).toMatchObject([{ path, output: null, leftOut: { ...leftOut, input: null, detail: null } }]);
    expect(await server().client.task(run.id, path)).toEqual({ ...detail.tasks[0], output, leftOut: null });
    expect(await server().client.runValues(run.id)).toEqual({ params: run.params, output });
    expect((await problem(server().client.task(run.id, 'none'))).message).toContain("has no task 'none'");
    expect((await problem(server().client.runValues('none'))).status).toBe(404);
    expect((await server().client.retryRun(run.id, { driver: 'local' })).run.params).toEqual(run.params);
  });

  it('stays bounded, however much the tasks of a run gave', async () => {
    const { tasks } = server().stores.metadata;
    const { run } = await submit('very-large');
    const shape = { kind: 'task', step: 's', status: 'succeeded', at: 1, failure: null, cache: null } as const;
    const output = 'x'.repeat(4_000);
    const told = (index: number) => ({ ...shape, path: `t[${index}]`, sequence: index, input: null, output });
    for (let from = 0; from < 10_000; from += 500) {
      await tasks.record(
        run.id,
        Array.from({ length: 500 }, (_, index) => ({ ...told(from + index), detail: {} })),
      );
    }
    const answer = await fetch(`${server().url}/api/v1/projects/default/runs/${run.id}`);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text.length).toBeLessThan(24 << 20);
    const detail = JSON.parse(text) as RunDetail;
    expect(detail.tasks).toHaveLength(1_000);
    expect(detail).toMatchObject({ unlisted: 9_000, counts: [{ address: 't', status: 'succeeded', tasks: 10_000 }] });
    const page = await server().client.tasks(run.id, { under: 't[7]', status: 'succeeded' });
    expect(page).toMatchObject({ items: [{ path: 't[7]' }], cursor: null });
  }, 60_000);

  it('stays bounded, however much its conditions tested, its tasks measured and how they failed', async () => {
    const { tasks } = server().stores.metadata;
    const { run } = await submit('very-talkative');
    const shape = { step: null, at: 1, input: null, output: null, cache: null } as const;
    const failure = {
      kind: 'handler',
      name: 'Error',
      message: 'x',
      stack: 'y'.repeat(30_000),
      retryable: true,
    } as const;
    const gates = Array.from({ length: 60 }, (_, index) => ({
      ...shape,
      ...({ path: `gate${index}`, sequence: index, kind: 'when', status: 'succeeded', failure: null } as const),
      detail: { conditions: ['z'.repeat(1 << 20)] },
    }));
    await tasks.record(run.id, gates);
    const path = 'train';
    await tasks.record(run.id, [{ ...shape, path, sequence: 99, kind: 'task', status: 'failed', failure, detail: {} }]);
    for (let attempt = 1; attempt <= 40; attempt++) {
      const key = { runId: run.id, path, attempt };
      await tasks.startAttempt({ ...key, worker: 'w', queue: 'cpu', startedAt: 1 });
      await tasks.endAttempt(key, { status: 'failed', at: 2, failure });
    }
    const last = { runId: run.id, path, attempt: 40 };
    const losses = Array.from({ length: 50_000 }, (_, step) => ({ name: 'loss', step: step + 1, value: step }));
    await tasks.saveMetrics(last, losses);
    const detail = await server().client.run(run.id);
    expect(JSON.stringify(detail).length).toBeLessThan(1 << 20);
    expect(detail.tasks[0]).toMatchObject({ detail: {}, leftOut: { detail: (1 << 20) + 19 } });
    expect(detail.tasks.at(-1)).toMatchObject({ failure, leftOut: null });
    expect(detail.metrics).toEqual([
      { runId: run.id, path, name: 'loss', step: 50_000, value: 49_999, points: 50_000 },
    ]);
    expect(detail.attempts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 20 }, (_, index) => index + 21));
    expect((await server().client.attempts(run.id, path)).items).toEqual(detail.attempts);
    const points = await server().client.points(run.id, { path, name: 'loss', limit: 2 });
    const rest = await server().client.points(run.id, { limit: 2, cursor: points.cursor });
    expect([...points.items, ...rest.items].map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  }, 60_000);

  it('pages through the list, newest first, and filters it', async () => {
    for (const runId of ['page-1', 'page-2', 'page-3']) await submit('paged', { runId });
    const first = await server().client.runs({ pipeline: 'paged', limit: 2 });
    const second = await server().client.runs({ pipeline: 'paged', limit: 2, cursor: first.cursor });
    expect([...first.items, ...second.items].map((run) => run.id)).toEqual(['page-3', 'page-2', 'page-1']);
    expect(second.cursor).toBeNull();
    expect((await server().client.runs({ pipeline: 'paged', status: 'failed' })).items).toEqual([]);
  });
});
