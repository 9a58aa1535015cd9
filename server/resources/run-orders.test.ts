import { describe, expect, it } from 'vitest';
import { identifySelf } from '../../platform/process-identity.ts';
import { FakeTemporal } from '../testing/fake-temporal.suite.ts';
import { problem, runRequests } from '../testing/run-requests.suite.ts';
import { testServer } from '../testing/test-server.suite.ts';

const temporal = new FakeTemporal();
const server = testServer(temporal);
const { upload, submit } = runRequests(server);

describe('cancelling', () => {
  it('asks the workflow, and ends a run that Temporal never got', async () => {
    const { run } = await submit('to-cancel');
    expect((await server().client.cancelRun(run.id)).status).toBe('pending');
    expect(temporal.cancelled).toContain(run.workflowId);
    temporal.started.delete(run.workflowId ?? '');
    expect((await server().client.cancelRun(run.id)).status).toBe('cancelled');
  });

  it('says what became of a run whose workflow was terminated', async () => {
    const { run } = await submit('ended-elsewhere');
    temporal.closed.set(run.workflowId ?? '', { closing: 'terminated', closedAt: 5 });
    expect(await server().client.cancelRun(run.id)).toMatchObject({
      ...{ status: 'failed', endedAt: 5, error: 'Its workflow was terminated in Temporal.' },
    });
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
