import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../ir/json.ts';
import { ApprovalNode } from '../../ir/nodes/approval-node.ts';
import { identifySelf } from '../../platform/process-identity.ts';
import { ApiError, type RunDetail } from '../client.ts';
import type { SubmitRun } from '../schemas/run.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { samplePipeline } from '../testing/sample-pipeline.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
const problem = (work: Promise<unknown>): Promise<ApiError> =>
  work.then(
    () => expect.fail('it was taken'),
    (error: unknown) => (error instanceof ApiError ? error : expect.fail(String(error))),
  );

async function upload(name: string, queue = 'cpu', params?: JsonSchema) {
  const { compiled, blobs } = samplePipeline(name, { queue, ...(params && { params }) });
  for (const [digest, bytes] of blobs) await server().client.putBlob(digest, bytes);
  return server().client.addPipeline(compiled);
}

async function submit(name: string, more: Partial<SubmitRun> = {}) {
  await upload(name);
  return server().client.submitRun({ pipeline: name, params: { source: 'a.csv' }, ...more });
}

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

describe('cancelling', () => {
  it('asks the workflow, and ends a run that Temporal never got', async () => {
    const { run } = await submit('to-cancel');
    expect((await server().client.cancelRun(run.id)).status).toBe('pending');
    expect(temporal.cancelled).toContain(run.workflowId);
    temporal.started.delete(run.workflowId ?? '');
    expect((await server().client.cancelRun(run.id)).status).toBe('cancelled');
  });

  it('is the last word: a run that was cancelled before it began is not started by sending it again', async () => {
    temporal.away = 'onStart';
    await problem(submit('cancelled-first', { runId: 'cancelled-first' }));
    temporal.away = 'no';
    await server().client.cancelRun('cancelled-first');
    const error = await problem(submit('cancelled-first', { runId: 'cancelled-first' }));
    expect(error).toMatchObject({
      code: 'conflict',
      message: 'Run cancelled-first is cancelled and ended before it began: it is not started.',
      next: 'Submit it with another id, or retry it: millrace runs retry cancelled-first',
    });
    expect(temporal.started.has('default/run/cancelled-first')).toBe(false);
  });

  it('reaches the workflow when it comes in the middle of the submission', async () => {
    temporal.meanwhile = () => server().client.cancelRun('in-the-middle');
    const error = await problem(submit('in-the-middle', { runId: 'in-the-middle' }));
    expect(error.message).toContain('Run in-the-middle is cancelled and ended before it began');
    expect((await server().client.run('in-the-middle')).run.status).toBe('cancelled');
    expect(temporal.started.has('default/run/in-the-middle')).toBe(true);
    expect(temporal.cancelled.at(-1)).toBe('default/run/in-the-middle');
  });

  it('reaches the workflow when the submission comes in the middle of it', async () => {
    temporal.away = 'onStart';
    await problem(submit('crossing', { runId: 'crossing' }));
    temporal.away = 'no';
    let asked = 0;
    temporal.meanwhile = async () => {
      asked = temporal.cancelled.length;
      await submit('crossing', { runId: 'crossing' });
    };
    expect((await server().client.cancelRun('crossing')).status).toBe('cancelled');
    expect(temporal.cancelled.slice(asked)).toEqual(['default/run/crossing']);
  });

  it('is refused for a local run that has its process, saying who can', async () => {
    const { run } = await submit('local-cancel', { driver: 'local' });
    await server().stores.metadata.runs.claim(run.id, await identifySelf());
    const error = await problem(server().client.cancelRun(run.id));
    expect(error).toMatchObject({ status: 409, next: expect.stringContaining('Ctrl-C') });
  });
});

describe('cancelling hard', () => {
  const under = async (name: string) => (await submit(name)).run;

  it('passes the grace on, ten minutes unless one is given', async () => {
    const { id } = await under('grace');
    await server().client.cancelRun(id);
    await server().client.cancelRun(id, { graceMs: 5_000 });
    expect(temporal.orders.slice(-2)).toEqual([
      { kind: 'cancel', graceMs: 600_000 },
      { kind: 'cancel', graceMs: 5_000 },
    ]);
  });

  it('ends a run at once when it is told to, with what it had under way', async () => {
    const { id, workflowId } = await under('at-once');
    const { metadata } = server().stores;
    await metadata.runs.start(id, 1);
    const key = { runId: id, path: 'load', attempt: 1 };
    await metadata.tasks.startAttempt({ ...key, worker: 'w', queue: 'cpu', startedAt: 2 });
    const run = await server().client.cancelRun(id, { now: true });
    expect(run).toMatchObject({ status: 'cancelled', error: expect.stringContaining('Cancelled at once by ada') });
    expect(temporal.terminated).toContain(workflowId);
    expect((await server().client.attempts(id, 'load')).items).toMatchObject([{ status: 'cancelled' }]);
  });

  it('refuses both at once, and a grace that is none', async () => {
    const { id } = await under('both');
    expect((await problem(server().client.cancelRun(id, { now: true, graceMs: 1 }))).code).toBe('invalidRequest');
    expect((await problem(server().client.cancelRun(id, { graceMs: -1 }))).code).toBe('invalidRequest');
  });
});

describe('pausing', () => {
  it('leaves the order to the run, with who gave it and why', async () => {
    const { run } = await submit('pausing');
    const answer = await server().client.pauseRun(run.id, { note: 'the disk is full' });
    // Its workflow has not taken it yet, and only that changes the row.
    expect(answer).toMatchObject({ id: run.id, pause: null });
    await server().client.unpauseRun(run.id);
    expect(temporal.orders.slice(-2)).toEqual([
      { kind: 'pause', by: 'ada', note: 'the disk is full' },
      { kind: 'unpause' },
    ]);
  });

  it('is refused for local runs, for runs that have ended and for those that Temporal never got', async () => {
    const local = (await submit('pausing-local', { driver: 'local' })).run;
    const ofLocal = await problem(server().client.pauseRun(local.id));
    expect(ofLocal).toMatchObject({ code: 'notForLocalRuns', next: expect.stringContaining('Ctrl-C') });
    const { run } = await submit('pausing-ended');
    await server().stores.metadata.runs.end(run.id, { status: 'succeeded', output: null, error: null, at: 9 });
    const ofEnded = await problem(server().client.unpauseRun(run.id));
    expect(ofEnded).toMatchObject({ code: 'conflict', message: expect.stringContaining('has ended (succeeded)') });
    temporal.away = 'onStart';
    await problem(submit('pausing-lost', { runId: 'pausing-lost' }));
    temporal.away = 'no';
    expect((await problem(server().client.pauseRun('pausing-lost'))).message).toContain('is not under way in Temporal');
  });
});

describe('rerunning', () => {
  const ended = async (name: string) => {
    const { run } = await submit(name);
    await server().stores.metadata.runs.end(run.id, { status: 'succeeded', output: null, error: null, at: 9 });
    return run;
  };

  it('makes a new run that keeps what does not come after the task', async () => {
    const run = await ended('to-rerun');
    const { run: again } = await server().client.rerunRun(run.id, { from: ['load'] });
    expect(again).toMatchObject({ retryOf: run.id, rerunFrom: ['load'], params: run.params });
    expect(temporal.started.get(again.workflowId ?? '')).toMatchObject({ retryOf: run.id, rerunFrom: ['load'] });
  });

  it('names the task that was meant', async () => {
    const run = await ended('to-rerun-badly');
    const error = await problem(server().client.rerunRun(run.id, { from: ['laod'] }));
    expect(error).toMatchObject({ status: 404, next: 'Did you mean load?' });
    expect(error.message).toBe(`Run ${run.id} of to-rerun-badly has no task or scope 'laod' to begin from.`);
    expect((await problem(server().client.rerunRun(run.id, { from: ['load[3]'] }))).code).toBe('notFound');
    expect((await problem(server().client.rerunRun(run.id, { from: [] }))).code).toBe('invalidRequest');
  });

  it('of an id that was sent before is the first one, unless it is from elsewhere', async () => {
    const run = await ended('to-rerun-twice');
    const body = { from: ['load'], runId: 'rerun-twice' };
    await server().client.rerunRun(run.id, body);
    expect((await server().client.rerunRun(run.id, body)).run.id).toBe('rerun-twice');
    expect((await problem(server().client.retryRun(run.id, { runId: 'rerun-twice' }))).code).toBe('conflict');
  });
});

describe('retrying', () => {
  it('makes a new run of the same version that refers to the old one', async () => {
    const { run } = await submit('to-retry');
    expect((await problem(server().client.retryRun(run.id, {}))).code).toBe('conflict');
    await server().stores.metadata.runs.end(run.id, { status: 'failed', output: null, error: 'it broke', at: 9 });
    const again = await server().client.retryRun(run.id, { params: { rows: 3 } });
    expect(again.run).toMatchObject({
      retryOf: run.id,
      params: { source: 'a.csv', rows: 3 },
      compiledDigest: run.compiledDigest,
    });
    expect(temporal.started.get(again.run.workflowId ?? '')?.retryOf).toBe(run.id);
  });

  it('leaves behind, and names, the parameters that the new code does not take any more', async () => {
    const params = { source: 'a.csv', rows: 4 };
    const { run } = await submit('fewer-params', { driver: 'local', params });
    await server().stores.metadata.runs.end(run.id, { status: 'failed', output: null, error: 'it broke', at: 9 });
    const schema = { type: 'object', properties: { source: { type: 'string' } } };
    const { compiledDigest } = await upload('fewer-params', 'cpu', schema);
    const again = await server().client.retryRun(run.id, { compiledDigest });
    expect(again.run.params).toEqual({ source: 'a.csv' });
    expect(again.notices).toEqual([
      `fewer-params does not take rows any more: a parameter of run ${run.id}, left out of this one.`,
    ]);
    const error = await problem(server().client.retryRun(run.id, { compiledDigest, params: { rows: 3 } }));
    expect(error.parts).toEqual([{ at: 'rows', message: 'no such parameter' }]);
    await server().stores.metadata.runs.end(again.run.id, { status: 'failed', output: null, error: null, at: 9 });
    const closed = await upload('fewer-params', 'cpu', { type: 'object', properties: {} });
    const bare = await server().client.retryRun(again.run.id, { compiledDigest: closed.compiledDigest });
    expect(bare.run.params).toEqual({});
  });

  it.each([
    ['none', { type: 'object', properties: {} }, []],
    ['any others', { type: 'object', properties: { rows: {} }, additionalProperties: {} }, ['rows', 'source']],
  ])('takes over what the new code takes, where that is %s', async (name, schema, kept) => {
    const pipeline = `takes-${name.replace(' ', '-')}`;
    const { run } = await submit(pipeline, { driver: 'local', params: { source: 'a.csv', rows: 4 } });
    await server().stores.metadata.runs.end(run.id, { status: 'failed', output: null, error: null, at: 9 });
    const { compiledDigest } = await upload(pipeline, 'cpu', schema);
    const again = await server().client.retryRun(run.id, { compiledDigest });
    expect(Object.keys(again.run.params).sort()).toEqual(kept);
  });
});

describe('approving', () => {
  const roles = ['release'];
  const form = { type: 'object', properties: { note: { type: 'string' } }, required: ['note'] };

  async function waitingRun(runId: string) {
    await submit('approved', { runId });
    const shape = { step: null, input: null, output: null, failure: null, cache: null };
    const detail = { message: null, form, roles, timeoutMs: 1000 };
    await server().stores.metadata.tasks.record(runId, [
      { path: 'gate/sign', sequence: 1, kind: 'approval', status: 'waiting', at: 5, ...shape, detail },
    ]);
  }

  it('sends the decision with who decided, whatever the payload says', async () => {
    await waitingRun('approve-1');
    const decision = await server().client.decide('approve-1', {
      path: 'gate/sign',
      approved: true,
      form: { note: 'fine' },
    });
    expect(decision).toMatchObject({ approved: true, by: 'ada' });
    expect(temporal.answers.at(-1)).toMatchObject({ path: 'gate/sign', by: 'ada', roles, form: { note: 'fine' } });
    const forged = { path: 'gate/sign', approved: true, by: 'eve' } as { path: string; approved: boolean };
    expect((await problem(server().client.decide('approve-1', forged))).code).toBe('invalidRequest');
  });

  it('refuses a form that is not filled in, a path that waits for nothing, and what the run refuses', async () => {
    await waitingRun('approve-2');
    const open = { path: 'gate/sign', approved: true };
    expect((await problem(server().client.decide('approve-2', open))).message).toContain('note: is required');
    expect((await problem(server().client.decide('approve-2', { ...open, path: 'other' }))).status).toBe(404);
    temporal.refusal = "Approval 'gate/sign' is decided already, by eve.";
    const error = await problem(server().client.decide('approve-2', { ...open, form: { note: 'x' } }));
    temporal.refusal = null;
    expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('by eve') });
  });
});
